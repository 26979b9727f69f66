package org.loraspark.models.blip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.golden.Golden;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.tensor.HostTensor;

/** Pixel values against transformers' BLIP processor. */
class PictureProcessorTest {
    private static final double TOLERANCE = 1e-6;

    @TempDir
    Path temp;

    @Test
    void pixelValuesOfTheDemoPicturesMatch() throws IOException {
        try (BlipModel model = BlipParityTest.model("blip");
                SafetensorsFile file = Golden.open("blip/blip")) {
            HostTensor expected = file.tensor("pixel_values");
            String[] names = {"01.png", "02.png", "04.png", "05.png", "07.png", "08.png"};
            for (int i = 0; i < names.length; i++) {
                byte[] bytes = Files.readAllBytes(Golden.demo("pictures").resolve(names[i]));
                float[] pixels = model.processor().pixels(Images.decode(bytes, names[i]));
                Golden.assertClose(names[i], pixels, expected.rows(i, 1), TOLERANCE);
            }
        }
    }

    @Test
    void pixelValuesOfAResizedPictureMatch() {
        try (SafetensorsFile file = Golden.open("resampling/resampling")) {
            HostTensor picture = file.tensor("picture");
            byte[] rgb = new byte[picture.size()];
            picture.data().duplicate().get(rgb);
            RgbImage image = new RgbImage((int) picture.shape()[1], (int) picture.shape()[0], rgb);
            Golden.assertClose("pixel values", read(32).pixels(image), file.tensor("pixel_values"), TOLERANCE);
        }
    }

    @Test
    void theOldFileWithOneNumberForTheSizeIsRead() throws IOException {
        write("preprocessor_config.json", "{\"size\": 2, \"image_mean\": [0, 0, 0], \"image_std\": [1, 1, 0.5]}");
        float[] pixels = read(2).pixels(new RgbImage(1, 1, new byte[] {0, (byte) 255, (byte) 255}));
        assertThat(pixels).containsExactly(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2);
    }

    @Test
    void aSizeThatTheModelDoesNotSeeIsRefused() throws IOException {
        write("processor_config.json", "{\"image_processor\": {\"size\": {\"height\": 224, \"width\": 224}}}");
        assertThatThrownBy(() -> read(384))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("processor_config.json has image_processor.size = ")
                .hasMessageEndingWith("the vision tower's image_size is 384");
    }

    @Test
    void anUnknownFilterIsRefused() throws IOException {
        write("preprocessor_config.json", "{\"resample\": 0}");
        assertThatThrownBy(() -> read(384)).isInstanceOf(UserError.class).hasMessageContaining("resample = 0");
    }

    private void write(String name, String json) throws IOException {
        Files.writeString(temp.resolve(name), json);
    }

    private PictureProcessor read(int size) {
        return PictureProcessor.read(new org.apache.hadoop.fs.Path(temp.toUri()), new Configuration(), size);
    }
}
