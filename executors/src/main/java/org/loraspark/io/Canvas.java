package org.loraspark.io;

import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Scalar;

/**
 * A white sheet for contact sheets and preview grids: pictures and lines of text. The letters are OpenCV's own strokes, so
 * that no fonts are needed on a cluster's machines; other characters than ASCII appear as a question mark.
 */
@SuppressWarnings("try")
public final class Canvas {
    private static final int FONT = opencv_imgproc.FONT_HERSHEY_SIMPLEX;

    /** Height of a capital letter at scale 1, in pixels. */
    private static final double CAPITAL = 22;

    private final int width;
    private final int height;
    private final byte[] rgb;

    public Canvas(int width, int height) {
        this.width = width;
        this.height = height;
        this.rgb = new byte[3 * width * height];
        Arrays.fill(rgb, (byte) 255);
    }

    public void draw(RgbImage image, int left, int top) {
        for (int y = 0; y < image.height(); y++) {
            System.arraycopy(
                    image.rgb(), 3 * y * image.width(), rgb, 3 * ((top + y) * width + left), 3 * image.width());
        }
    }

    /**
     * @param baseline y of the letters' feet
     * @param capital height of a capital letter in pixels
     * @param grey 0 is black
     */
    public void text(String text, int left, int baseline, int capital, int grey) {
        try (PointerScope scope = new PointerScope();
                BytePointer pixels = new BytePointer(rgb);
                Mat mat = new Mat(height, width, CV_8UC3, pixels)) {
            opencv_imgproc.putText(
                    mat,
                    ascii(text),
                    new Point(left, baseline),
                    FONT,
                    capital / CAPITAL,
                    new Scalar(grey, grey, grey, 0),
                    1,
                    opencv_imgproc.LINE_AA,
                    false);
            pixels.get(rgb);
        }
    }

    /** Width of a line in pixels. */
    public static int textWidth(String text, int capital) {
        int[] baseline = new int[1];
        return opencv_imgproc
                .getTextSize(ascii(text), FONT, capital / CAPITAL, 1, baseline)
                .width();
    }

    /** The text in lines of at most {@code maxWidth} pixels, broken at blanks. */
    public static List<String> wrap(String text, int capital, int maxWidth) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.strip().split("\\s+")) {
            String longer = line.isEmpty() ? word : line + " " + word;
            if (!line.isEmpty() && textWidth(longer, capital) > maxWidth) {
                lines.add(line.toString());
                line.setLength(0);
                line.append(word);
            } else {
                line.setLength(0);
                line.append(longer);
            }
        }
        lines.add(line.toString());
        return lines;
    }

    public RgbImage image() {
        return new RgbImage(width, height, rgb.clone());
    }

    private static String ascii(String text) {
        return new String(text.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII);
    }
}
