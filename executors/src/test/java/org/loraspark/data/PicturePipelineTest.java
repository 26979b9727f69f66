package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.loraspark.UserError;
import org.loraspark.io.BrokenImageException;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;

class PicturePipelineTest {
    private static final PictureDecoder DECODER = new PictureDecoder(16, 8);
    private static final Picture PICTURE = new Picture("file:/d/a.png", "a.png", "cat", 1, 1, 1);
    private static final LatentMoments MOMENTS =
            new LatentMoments(1, 2, new float[] {0, 1, 2, 3, 4, 5, 6, 7}, new float[] {0, 0, 0, 0, -30, -30, -30, -30});

    @Test
    void pixelsAreBetweenMinusOneAndOneRowByRow() {
        byte[] rgb = new byte[16 * 8 * 3];
        rgb[0] = (byte) 255;
        rgb[3 * 16 + 2] = (byte) 51;
        byte[] png = Images.toPng(new RgbImage(16, 8, rgb));
        float[] pixels = PictureDecoder.pixels(DECODER.decode(png, "a.png"));
        assertThat(pixels).hasSize(8 * 16 * 3);
        assertThat(pixels[0]).isEqualTo(1);
        assertThat(pixels[1]).isEqualTo(-1);
        assertThat(pixels[3 * 16 + 2]).isEqualTo(51 / 127.5f - 1);
        float[] flipped = PictureDecoder.pixels(DECODER.decode(png, "a.png").flip());
        assertThat(flipped[3 * 15]).isEqualTo(1);
        assertThat(flipped[0]).isEqualTo(-1);
    }

    @Test
    void largerPictureIsScaledToCoverAndCroppedAtTheCentre() {
        byte[] rgb = new byte[64 * 64 * 3];
        Arrays.fill(rgb, 16 * 64 * 3, 48 * 64 * 3, (byte) 255);
        float[] pixels = PictureDecoder.pixels(DECODER.decode(Images.toPng(new RgbImage(64, 64, rgb)), "a.png"));
        assertThat(pixels).hasSize(8 * 16 * 3).containsOnly(1);
    }

    @Test
    void resolutionIsAMultipleOfEight() {
        assertThatThrownBy(() -> new PictureDecoder(512, 500))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("multiples of 8 pixels, got 512x500");
    }

    @Test
    void brokenPictureIsAProblemWithItsName() throws IOException {
        byte[] whole = Files.readAllBytes(Path.of("../conf/demo/pictures/03.jpg"));
        byte[] half = Arrays.copyOf(whole, whole.length / 2);
        assertThat(PictureDecoder.problem(PICTURE, whole)).isEmpty();
        assertThat(PictureDecoder.problem(PICTURE, half).orElseThrow().toString())
                .startsWith("file:/d/a.png cannot be used: ")
                .contains("truncated");
        assertThatThrownBy(() -> DECODER.decode(half, "a.png")).isInstanceOf(BrokenImageException.class);
    }

    @Test
    void everythingThatShapesALatentIsInItsKey() {
        CacheKey key = new CacheKey(DECODER, "vae");
        byte[] file = {1, 2, 3};
        String same = key.of(file, false);
        assertThat(same).matches("[0-9a-f]{64}").isEqualTo(new CacheKey(DECODER, "vae").of(file.clone(), false));
        assertThat(List.of(
                        key.of(file, true),
                        key.of(new byte[] {1, 2, 4}, false),
                        new CacheKey(new PictureDecoder(8, 16), "vae").of(file, false),
                        new CacheKey(DECODER, "other").of(file, false)))
                .doesNotHaveDuplicates()
                .doesNotContain(same);
    }

    @Test
    void momentsComeBackFromTheirBytes() {
        assertThat(LatentMoments.fromBytes(1, 2, MOMENTS.toBytes())).isEqualTo(MOMENTS);
        assertThat(MOMENTS.isFinite()).isTrue();
        assertThat(new LatentMoments(1, 1, new float[] {Float.NaN}, new float[] {0}).isFinite())
                .isFalse();
    }
}
