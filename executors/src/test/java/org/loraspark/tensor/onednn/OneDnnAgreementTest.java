package org.loraspark.tensor.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineValues;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/**
 * The kernels that move memory, against ND4J in float64 on the same values: sizes that are cut into pieces, odd ones, and
 * bf16, where a result may be off by a few roundings.
 */
class OneDnnAgreementTest extends Agreement {
    private static final double EPS = 1e-5;

    @ParameterizedTest
    @CsvSource({"1,4100,256,32", "3,65,64,32", "2,9,7,1", "1,1,48,4", "2,16,2560,32"})
    void groupNorm(int batch, int pixels, int channels, int groups) {
        long[] shape = {batch, pixels, 1, channels};
        same(e -> e.groupNorm(input(e, 1, shape), groups, scale(e, channels), shift(e, channels), EPS)
                .output());
        same(e -> e.groupNormSilu(input(e, 1, shape), groups, scale(e, channels), shift(e, channels), EPS)
                .output());
        for (int beta = 0; beta < 2; beta++) {
            int b = beta;
            same(e -> {
                Tensor x = input(e, 1, shape);
                NormResult y = e.groupNorm(x, groups, scale(e, channels), shift(e, channels), EPS);
                Tensor dx = gradient(e, b, shape);
                e.groupNormBackward(input(e, 2, shape), x, y.stats(), groups, scale(e, channels), dx, b);
                return dx;
            });
            same(e -> {
                Tensor x = input(e, 1, shape);
                Tensor gamma = scale(e, channels);
                NormResult y = e.groupNormSilu(x, groups, gamma, shift(e, channels), EPS);
                Tensor dx = gradient(e, b, shape);
                e.groupNormSiluBackward(
                        input(e, 2, shape), x, y.stats(), groups, gamma, shift(e, channels), EPS, dx, b);
                return dx;
            });
        }
    }

    @ParameterizedTest
    @CsvSource({"300,320", "7,1280", "3,5", "1,768"})
    void layerNorm(int rows, int width) {
        long[] shape = {1, rows, width};
        same(e -> e.layerNorm(input(e, 1, shape), scale(e, width), shift(e, width), EPS)
                .output());
        for (int beta = 0; beta < 2; beta++) {
            int b = beta;
            same(e -> {
                Tensor x = input(e, 1, shape);
                NormResult y = e.layerNorm(x, scale(e, width), shift(e, width), EPS);
                Tensor dx = gradient(e, b, shape);
                e.layerNormBackward(input(e, 2, shape), x, y.stats(), scale(e, width), dx, b);
                return dx;
            });
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "3,7", "257,1025"})
    void activations(int rows, int half) {
        long[] shape = {1, rows, 2L * half};
        long[] halved = {1, rows, half};
        same(e -> e.silu(input(e, 1, shape)));
        same(e -> e.gelu(input(e, 1, shape)));
        same(e -> e.quickGelu(input(e, 1, shape)));
        same(e -> e.geglu(input(e, 1, shape)));
        for (int beta = 0; beta < 2; beta++) {
            int b = beta;
            same(e -> {
                Tensor dx = gradient(e, b, shape);
                e.siluBackward(input(e, 2, shape), input(e, 1, shape), dx, b);
                return dx;
            });
            same(e -> {
                Tensor dx = gradient(e, b, shape);
                e.geluBackward(input(e, 2, shape), input(e, 1, shape), dx, b);
                return dx;
            });
            same(e -> {
                Tensor dx = gradient(e, b, shape);
                e.quickGeluBackward(input(e, 2, shape), input(e, 1, shape), dx, b);
                return dx;
            });
            same(e -> {
                Tensor dx = gradient(e, b, shape);
                e.gegluBackward(input(e, 2, halved), input(e, 1, shape), dx, b);
                return dx;
            });
        }
    }

    @ParameterizedTest
    @CsvSource({"1,4,6,64,64", "2,5,3,33,7", "3,1,1,3,16", "1,16,16,160,320", "2,8,1,64,32"})
    void convolutionsOfEnlargedPictures(int batch, int height, int width, int in, int out) {
        for (int odd = 0; odd < 4; odd++) {
            long[] large = {batch, 2L * height - odd / 2, 2L * width - odd % 2, out};
            same(e ->
                    e.upsampleConv2d(input(e, 1, batch, height, width, in), large[1], large[2], enlarging(e, in, out)));
            for (int beta = 0; beta < 2; beta++) {
                int b = beta;
                same(e -> {
                    Tensor dx = gradient(e, b, batch, height, width, in);
                    e.upsampleConv2dBackward(input(e, 2, large), enlarging(e, in, out), dx, b);
                    return dx;
                });
            }
        }
    }

    @Test
    @EnabledIf(
            value = "org.loraspark.tensor.onednn.Isa#avx512",
            disabledReason = "oneDNN has no bf16 on this processor")
    void withLittleMemoryAnEnlargedPicturesConvolutionGivesTheSameBits() {
        try (Engine compact = new OneDnnEngine(DType.BF16, 2, true)) {
            assertThat(enlarged(compact)).isDeepEqualTo(enlarged(rounded));
        }
    }

    /** The convolution and its gradient. */
    private static float[][] enlarged(Engine e) {
        try (Scope scope = e.scope()) {
            ConvWeight w = enlarging(e, 64, 96);
            Tensor y = e.upsampleConv2d(input(e, 1, 1, 6, 5, 64), 12, 10, w);
            Tensor dx = e.empty(1, 6, 5, 64);
            e.upsampleConv2dBackward(y, w, dx, 0);
            return new float[][] {e.read(y), e.read(dx)};
        }
    }

    private static ConvWeight enlarging(Engine e, int in, int out) {
        return e.upsampleConvWeight(EngineValues.host(3, out, in, 3, 3), EngineValues.host(4, out));
    }

    @ParameterizedTest
    @CsvSource({"1,4,6,320", "2,5,5,33", "3,1,1,3"})
    void shapesAndSums(int batch, int height, int width, int channels) {
        long[] small = {batch, height, width, channels};
        long[] rows = {batch, channels};
        same(e -> e.addPerSample(input(e, 1, small), input(e, 2, rows)));
        same(e -> e.add(input(e, 1, small), input(e, 2, channels)));
        same(e -> e.concat(input(e, 1, small), input(e, 2, small)));
        for (int beta = 0; beta < 2; beta++) {
            int b = beta;
            same(e -> {
                Tensor sums = gradient(e, b, rows);
                e.addPerSampleBackward(input(e, 1, small), sums, b);
                return sums;
            });
            same(e -> {
                Tensor part = gradient(e, b, batch, height, width, channels - 1);
                e.columns(input(e, 1, small), 1, part, b);
                return part;
            });
            for (int odd = 0; odd < 2; odd++) {
                long[] large = {batch, 2L * height - odd, 2L * width - odd, channels};
                same(e -> e.upsample(input(e, 1, small), large[1], large[2]));
                same(e -> {
                    Tensor dx = gradient(e, b, small);
                    e.upsampleBackward(input(e, 2, large), dx, b);
                    return dx;
                });
            }
        }
        same(e -> {
            Tensor y = input(e, 2, small);
            e.axpy(-0.5, input(e, 1, small), y);
            return y;
        });
    }

    @Test
    @EnabledIf(
            value = "org.loraspark.tensor.onednn.Isa#avx512",
            disabledReason = "oneDNN has no bf16 on this processor")
    void sumsOfBothTypesKeepTheirOwn() {
        try (Scope scope = rounded.scope()) {
            Tensor master = rounded.empty(DType.F32, 3);
            rounded.write(master, new float[] {1 + 0x1p-20f, 2, 3});
            rounded.axpy(0.5, rounded.upload(new float[] {2, 4, 8}, 3), master);
            assertThat(rounded.read(master)).containsExactly(2 + 0x1p-20f, 4, 7);
            Tensor half = rounded.upload(new float[] {1, 2, 3}, 3);
            rounded.axpy(1, master, half);
            assertThat(rounded.read(half)).containsExactly(3, 6, 10);
        }
    }

    @Test
    void hugeButFiniteValuesAreFinite() {
        for (Engine engine : engines()) {
            try (Scope scope = engine.scope()) {
                assertThat(engine.isFinite(engine.upload(new float[] {3e38f, 3e38f, 1}, 3)))
                        .isTrue();
                float[] values = new float[100_003];
                values[77_777] = Float.NEGATIVE_INFINITY;
                assertThat(engine.isFinite(engine.upload(values, values.length)))
                        .isFalse();
                values[0] = Float.POSITIVE_INFINITY;
                assertThat(engine.isFinite(engine.upload(values, values.length)))
                        .isFalse();
            }
        }
    }

    private static Tensor scale(Engine engine, long channels) {
        return input(engine, 3, channels);
    }

    private static Tensor shift(Engine engine, long channels) {
        return input(engine, 4, channels);
    }
}
