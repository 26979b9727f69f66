package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pictures are 24x16 with red, green, blue and yellow quarters, written by Pillow in each orientation. */
class ImagesTest {
    private static byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(Path.of("src/test/resources/io/pictures", name));
    }

    private static RgbImage picture(String name) throws IOException {
        return Images.decode(bytes(name), name);
    }

    private static void assertPixel(RgbImage image, int x, int y, int tolerance, int... rgb) {
        for (int c = 0; c < 3; c++) {
            assertThat(image.at(x, y, c)).as("channel %d at %d,%d", c, x, y).isCloseTo(rgb[c], within(tolerance));
        }
    }

    private static void assertUpright(RgbImage image, int tolerance) {
        assertThat(image.width()).isEqualTo(24);
        assertThat(image.height()).isEqualTo(16);
        assertPixel(image, 2, 2, tolerance, 255, 0, 0);
        assertPixel(image, 21, 2, tolerance, 0, 255, 0);
        assertPixel(image, 2, 13, tolerance, 0, 0, 255);
        assertPixel(image, 21, 13, tolerance, 255, 255, 0);
    }

    static Stream<String> orientedFiles() {
        return IntStream.rangeClosed(1, 8)
                .boxed()
                .flatMap(o -> Stream.of("exif" + o + ".jpg", "exif" + o + ".png", "exif" + o + ".webp"));
    }

    @ParameterizedTest
    @MethodSource("orientedFiles")
    void everyExifOrientationIsTurnedUpright(String name) throws IOException {
        assertUpright(picture(name), name.endsWith(".jpg") ? 3 : 0);
        ImageHeader header = ImageHeader.read(bytes(name), name);
        assertThat(header.uprightWidth()).isEqualTo(24);
        assertThat(header.uprightHeight()).isEqualTo(16);
        assertThat(name).contains("exif" + header.orientation());
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain.bmp", "palette.png", "progressive.jpg"})
    void otherColourPicturesAreRead(String name) throws IOException {
        assertUpright(picture(name), 3);
        ImageHeader header = ImageHeader.read(bytes(name), name);
        assertThat(header.width()).isEqualTo(24);
        assertThat(header.height()).isEqualTo(16);
    }

    @Test
    void cmykIsReadAsColour() throws IOException {
        assertUpright(picture("cmyk.jpg"), 12);
    }

    @Test
    void greyBecomesThreeEqualChannels() throws IOException {
        for (String name : new String[] {"gray.png", "gray.jpg", "gray16.png"}) {
            RgbImage image = picture(name);
            for (int x = 0; x < 24; x++) {
                assertPixel(image, x, 1, name.endsWith("jpg") ? 2 : 0, 10 * x, 10 * x, 10 * x);
            }
        }
    }

    @Test
    void transparencyIsLaidOnWhite() throws IOException {
        for (String name : new String[] {"alpha.png", "alpha.webp"}) {
            RgbImage image = picture(name);
            assertPixel(image, 0, 0, 0, 255, 255, 255);
            assertPixel(image, 1, 0, 0, 227, 127, 127);
            assertPixel(image, 2, 0, 0, 200, 0, 0);
            assertPixel(image, 0, 1, 0, 200, 0, 0);
        }
        RgbImage grey = picture("grayalpha.png");
        assertPixel(grey, 0, 0, 0, 255, 255, 255);
        assertPixel(grey, 1, 0, 0, 227, 227, 227);
        RgbImage palette = picture("palettealpha.png");
        assertPixel(palette, 21, 13, 0, 255, 255, 255);
        assertPixel(palette, 2, 2, 0, 255, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exif1.jpg", "progressive.jpg", "exif6.png", "exif1.webp", "plain.bmp", "gray16.png"})
    void everyTruncationIsRefused(String name) throws IOException {
        byte[] file = bytes(name);
        for (int length = 0; length < file.length; length += 1 + length / 16) {
            byte[] part = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> Images.decode(part, name))
                    .as("%d bytes", length)
                    .isInstanceOf(BrokenImageException.class)
                    .hasMessageStartingWith("picture " + name);
        }
        assertThatThrownBy(() -> Images.decode(Arrays.copyOf(file, file.length - 1), name))
                .isInstanceOf(BrokenImageException.class)
                .hasMessageContaining("truncated");
    }

    @Test
    void damagedPngIsRefused() throws IOException {
        byte[] file = bytes("exif1.png");
        file[file.length - 20] ^= 1;
        assertThatThrownBy(() -> Images.decode(file, "a.png"))
                .isInstanceOfSatisfying(
                        BrokenImageException.class, e -> assertThat(e.reason()).contains("IDAT block is damaged"));
    }

    @Test
    void otherFilesAreNamed() {
        assertThatThrownBy(() -> Images.decode("GIF89a..............".getBytes(), "a.jpg"))
                .hasMessageContaining("a GIF");
        assertThatThrownBy(() -> Images.decode("hello".getBytes(), "a.jpg")).hasMessageContaining("no picture");
        assertThatThrownBy(() -> Images.decode(new byte[0], "a.jpg")).hasMessageContaining("empty");
        assertThatThrownBy(() -> Images.decode("\0\0\0\u0018ftypheic........".getBytes(), "a.jpg"))
                .hasMessageContaining("HEIC");
    }

    @Test
    void randomDamageIsReadOrRefused() throws IOException {
        Random random = new Random(7);
        for (String name : orientedFiles().toList()) {
            byte[] original = bytes(name);
            for (int i = 0; i < 40; i++) {
                byte[] file = original.clone();
                file[random.nextInt(file.length)] = (byte) random.nextInt(256);
                try {
                    assertThat(Images.decode(file, name).width()).isPositive();
                } catch (BrokenImageException e) {
                    assertThat(e.reason()).isNotEmpty();
                }
            }
        }
    }

    @Test
    void pngRoundTripIsExact() {
        RgbImage image = noise(13, 7);
        assertThat(Images.decode(Images.toPng(image), "noise")).isEqualTo(image);
    }

    @Test
    void shrinkingAveragesAndCropsTheCentre() {
        byte[] rgb = new byte[3 * 8 * 4];
        for (int i = 0; i < 32; i++) {
            Arrays.fill(rgb, 3 * i, 3 * i + 3, (byte) (10 * (i % 8)));
        }
        RgbImage small = Images.resizeAndCrop(new RgbImage(8, 4, rgb), 2, 2);
        assertThat(small.width()).isEqualTo(2);
        assertPixel(small, 0, 0, 0, 25, 25, 25);
        assertPixel(small, 1, 1, 0, 45, 45, 45);
    }

    @Test
    void enlargingKeepsFlatColoursAndSize() {
        byte[] rgb = new byte[3 * 5 * 3];
        Arrays.fill(rgb, (byte) 77);
        RgbImage big = Images.resizeAndCrop(new RgbImage(5, 3, rgb), 64, 48);
        assertThat(big.width()).isEqualTo(64);
        assertThat(big.height()).isEqualTo(48);
        assertPixel(big, 0, 0, 1, 77, 77, 77);
        assertPixel(big, 63, 47, 1, 77, 77, 77);
    }

    @Test
    void sameSizeIsUntouchedAndOddSizesFit() {
        RgbImage image = noise(64, 64);
        assertThat(Images.resizeAndCrop(image, 64, 64)).isSameAs(image);
        for (int width = 1; width < 200; width += 13) {
            RgbImage odd = Images.resizeAndCrop(noise(width, 201 - width), 64, 40);
            assertThat(odd.width()).isEqualTo(64);
            assertThat(odd.height()).isEqualTo(40);
        }
    }

    @Test
    void flipMirrorsAndTwiceIsTheSame() {
        RgbImage image = noise(5, 3);
        assertThat(image.flip().at(0, 2, 1)).isEqualTo(image.at(4, 2, 1));
        assertThat(image.flip().flip()).isEqualTo(image);
    }

    @Test
    void resizingRepeatsItself() {
        RgbImage image = noise(321, 123);
        assertThat(Images.resizeAndCrop(image, 64, 64)).isEqualTo(Images.resizeAndCrop(image, 64, 64));
    }

    private static RgbImage noise(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        new Random(width * 1000L + height).nextBytes(rgb);
        return new RgbImage(width, height, rgb);
    }
}
