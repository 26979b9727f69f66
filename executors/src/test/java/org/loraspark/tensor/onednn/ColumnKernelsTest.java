package org.loraspark.tensor.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;

/** Convolutions of few pixels with filters of two bytes a value, against ND4J in float64 with the same values. */
class ColumnKernelsTest {
    private static final double TOLERANCE = 3e-6;

    @ParameterizedTest
    @CsvSource({"1,8,8,1280,640", "2,5,7,96,128", "1,16,16,256,320", "1,1,3,64,64", "3,4,1,64,80", "1,6,5,640,320"})
    void resultAndGradientEqualPlainSums(int batch, int height, int width, int in, int out) {
        ConvCase one = new ConvCase(batch, height, width, in, out);
        for (DType half : new DType[] {DType.F16, DType.BF16}) {
            float[][] actual = one.run(2, false, half);
            ConvCase.assertClose(actual, one.exactly(half), TOLERANCE);
            assertThat(one.run(1, false, half)).isDeepEqualTo(actual);
            assertThat(one.run(5, true, half)).isDeepEqualTo(actual);
        }
    }

    /** As a column, in rows for Winograd and in a convolution's own layout, in any order. */
    @Test
    void aFilterThatServedOtherSizesGivesTheSameBits() {
        ConvCase[] cases = {
            new ConvCase(1, 8, 8, 64, 128), new ConvCase(1, 24, 32, 64, 128), new ConvCase(1, 16, 16, 64, 128)
        };
        for (boolean compact : new boolean[] {false, true}) {
            for (int first = 0; first < cases.length; first++) {
                try (Engine engine = new OneDnnEngine(DType.F32, 2, compact)) {
                    ConvWeight weight = cases[first].weight(engine, DType.F16);
                    for (int i = 0; i < 2 * cases.length; i++) {
                        ConvCase one = cases[(first + i) % cases.length];
                        assertThat(one.run(engine, weight)).isDeepEqualTo(one.run(2, compact, DType.F16));
                    }
                }
            }
        }
    }
}
