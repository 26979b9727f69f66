package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.loraspark.golden.Golden;
import org.loraspark.tensor.HostTensor;

/** Resizing against the Python Imaging Library, byte for byte. */
class ResamplingTest {
    @ParameterizedTest
    @EnumSource(Resampling.class)
    void bytesEqualThePythonImagingLibrarys(Resampling resampling) {
        String name = resampling.name().toLowerCase(Locale.ROOT);
        try (SafetensorsFile file = Golden.open("resampling/resampling")) {
            RgbImage picture = image(file.tensor("picture"));
            for (String size : new String[] {"24x24", "100x80", "61x20", "13x90"}) {
                RgbImage expected = image(file.tensor(name + "." + size));
                RgbImage resized = resampling.resize(picture, expected.width(), expected.height());
                assertThat(resized).as(name + " " + size).isEqualTo(expected);
            }
        }
    }

    @Test
    void aPictureOfTheRightSizeIsLeftAlone() {
        RgbImage picture = new RgbImage(2, 1, new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(Resampling.BICUBIC.resize(picture, 2, 1)).isSameAs(picture);
    }

    private static RgbImage image(HostTensor tensor) {
        byte[] rgb = new byte[tensor.size()];
        tensor.data().duplicate().get(rgb);
        return new RgbImage((int) tensor.shape()[1], (int) tensor.shape()[0], rgb);
    }
}
