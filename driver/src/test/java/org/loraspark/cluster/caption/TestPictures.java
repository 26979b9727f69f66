package org.loraspark.cluster.caption;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;

/** Pictures that the small taggers have words for: plain colours, each with a pattern of its own. */
final class TestPictures {
    static final List<String> FORMATS = List.of("png", "jpg", "webp", "bmp");

    private static final int[][] COLOURS = {{250, 5, 5}, {5, 250, 5}, {5, 5, 250}};
    private static final String[] CAPTIONS = {
        "red background, >_<, ruby (gem)", "green background", "blue background, o_o"
    };

    private TestPictures() {}

    /** What the tagger says of picture {@code number}. */
    static String caption(int number) {
        return CAPTIONS[number % CAPTIONS.length];
    }

    /** A file in the format that its ending names. */
    static byte[] file(String ending, int number) {
        RgbImage image = image(number);
        return switch (ending) {
            case "png" -> Images.toPng(image);
            case "webp" -> Images.toWebp(image, 100);
            default -> imageIo(image, ending);
        };
    }

    /** Half a file, as a broken transfer leaves it. */
    static byte[] broken(String ending, int number) {
        byte[] whole = file(ending, number);
        return Arrays.copyOf(whole, whole.length / 2);
    }

    /** The number in binary, as a row of sixteen dark squares in a square of colour. */
    private static RgbImage image(int number) {
        int side = 64;
        byte[] rgb = new byte[3 * side * side];
        for (int i = 0; i < side * side; i++) {
            int x = i % side;
            int y = i / side;
            boolean dark = y < 4 && (number >> x / 4 & 1) == 1;
            for (int c = 0; c < 3; c++) {
                rgb[3 * i + c] = (byte) (dark ? 40 : COLOURS[number % COLOURS.length][c]);
            }
        }
        return new RgbImage(side, side, rgb);
    }

    private static byte[] imageIo(RgbImage image, String ending) {
        BufferedImage buffered = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                buffered.setRGB(x, y, image.at(x, y, 0) << 16 | image.at(x, y, 1) << 8 | image.at(x, y, 2));
            }
        }
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(buffered, ending, out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
