package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;

class PerceptualHashTest {
    private static final Path PICTURES = Path.of("../conf/demo/pictures");

    @Test
    void scaledAndCompressedPictureIsNear() throws IOException {
        for (RgbImage picture : pictures().values()) {
            PerceptualHash hash = PerceptualHash.of(picture);
            RgbImage larger = Images.resize(picture, 301, 299);
            assertThat(hash.isNear(PerceptualHash.of(larger))).isTrue();
            assertThat(hash.isNear(PerceptualHash.of(Images.decode(Images.toWebp(larger, 60), "webp"))))
                    .isTrue();
            assertThat(hash.isNear(PerceptualHash.of(picture.flip()))).isFalse();
        }
    }

    @Test
    void otherPictureIsNot() throws IOException {
        List<Map.Entry<String, RgbImage>> pictures = List.copyOf(pictures().entrySet());
        for (int i = 0; i < pictures.size(); i++) {
            PerceptualHash hash = PerceptualHash.of(pictures.get(i).getValue());
            for (int j = 0; j < i; j++) {
                assertThat(hash.isNear(PerceptualHash.of(pictures.get(j).getValue())))
                        .as("%s %s", pictures.get(i).getKey(), pictures.get(j).getKey())
                        .isFalse();
            }
        }
    }

    @Test
    void flatPicturesDifferByColour() {
        PerceptualHash red = PerceptualHash.of(flat(200, 10, 10));
        assertThat(red.structure()).isZero();
        assertThat(red.isNear(PerceptualHash.of(flat(205, 12, 4)))).isTrue();
        assertThat(red.isNear(PerceptualHash.of(flat(10, 200, 10)))).isFalse();
    }

    @Test
    void textFormIsReadBack() {
        PerceptualHash hash = new PerceptualHash(0x8000_0000_0000_0ffeL, 0x010203);
        assertThat(hash.toString()).isEqualTo("8000000000000ffe010203");
        assertThat(PerceptualHash.parse(hash.toString())).isEqualTo(hash);
    }

    private static RgbImage flat(int red, int green, int blue) {
        byte[] rgb = new byte[3 * 20 * 10];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) red;
            rgb[i + 1] = (byte) green;
            rgb[i + 2] = (byte) blue;
        }
        return new RgbImage(20, 10, rgb);
    }

    private static Map<String, RgbImage> pictures() throws IOException {
        Map<String, RgbImage> pictures = new TreeMap<>();
        try (Stream<Path> files = Files.list(PICTURES)) {
            for (Path file : files.filter(f -> !f.toString().endsWith(".csv")).toList()) {
                String name = file.getFileName().toString();
                pictures.put(name, Images.decode(Files.readAllBytes(file), name));
            }
        }
        return pictures;
    }
}
