package org.loraspark.tensor.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;

/** Convolutions that are large enough for {@link WinogradKernels}, against ND4J in float64. */
class WinogradTest {
    /** Of the largest value; a sum in the usual order is allowed as much elsewhere. */
    private static final double TOLERANCE = 1e-5;

    @Test
    void theThreeMatricesFilterFourSumsOfThree() {
        Random random = new Random(1);
        for (int input = 0; input < Winograd.POINTS; input++) {
            double[] w = random.doubles(Winograd.TAPS).toArray();
            double[] x = random.doubles(Winograd.POINTS).toArray();
            double[] products = new double[Winograd.POINTS];
            for (int point = 0; point < Winograd.POINTS; point++) {
                products[point] = dot(Winograd.FILTER[point], w) * dot(Winograd.DATA[point], x);
            }
            for (int i = 0; i < Winograd.OUTPUTS; i++) {
                double expected = x[i] * w[0] + x[i + 1] * w[1] + x[i + 2] * w[2];
                assertThat(dot(Winograd.RESULT[i], products)).isCloseTo(expected, within(1e-14));
            }
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** Heights that are no multiple of four, of one row, in one band and in several; several pictures. */
    @ParameterizedTest
    @CsvSource({
        "1,32,16,64,80",
        "1,23,31,96,64",
        "2,19,17,64,64",
        "3,9,20,64,80",
        "1,10,301,80,64",
        "1,513,1,64,64",
        "1,64,64,320,320",
        "1,33,128,256,128",
        "2,24,16,640,320"
    })
    void resultAndGradientEqualPlainSums(int batch, int height, int width, int in, int out) {
        ConvCase one = new ConvCase(batch, height, width, in, out);
        float[][] actual = one.run(2, false, DType.F32);
        ConvCase.assertClose(actual, one.exactly(DType.F32), TOLERANCE);
        assertThat(one.run(1, false, DType.F32)).isDeepEqualTo(actual);
        assertThat(one.run(2, true, DType.F32)).isDeepEqualTo(actual);
    }

    @ParameterizedTest
    @CsvSource({"F16", "BF16"})
    void weightsOfTwoBytesGiveTheSameBits(DType half) {
        ConvCase one = new ConvCase(1, 24, 32, 320, 64);
        HostTensor rounded = one.file(DType.F32).cast(half).cast(DType.F32);
        for (boolean compact : new boolean[] {false, true}) {
            try (Engine engine = new OneDnnEngine(DType.F32, 2, compact)) {
                ConvWeight exact = engine.convWeight(rounded, one.bias(), ConvShape.same(3));
                assertThat(one.run(engine, one.weight(engine, half))).isDeepEqualTo(one.run(engine, exact));
            }
        }
    }

    /** One filter serves pictures of all sizes, whichever comes first. */
    @Test
    void aFilterThatServedOtherSizesGivesTheSameBits() {
        ConvCase large = new ConvCase(1, 24, 32, 64, 80);
        ConvCase small = new ConvCase(1, 12, 16, 64, 80);
        ConvCase other = new ConvCase(2, 26, 22, 64, 80);
        for (boolean compact : new boolean[] {false, true}) {
            for (DType type : new DType[] {DType.F32, DType.F16}) {
                float[][] expected = large.run(2, compact, type);
                try (Engine engine = new OneDnnEngine(DType.F32, 2, compact)) {
                    ConvWeight weight = large.weight(engine, type);
                    assertThat(small.run(engine, weight)).isDeepEqualTo(small.run(2, compact, type));
                    assertThat(large.run(engine, weight)).isDeepEqualTo(expected);
                    assertThat(other.run(engine, weight)).isDeepEqualTo(other.run(2, compact, type));
                    assertThat(large.run(engine, weight)).isDeepEqualTo(expected);
                    assertThat(small.run(engine, weight)).isDeepEqualTo(small.run(2, compact, type));
                }
            }
        }
    }
}
