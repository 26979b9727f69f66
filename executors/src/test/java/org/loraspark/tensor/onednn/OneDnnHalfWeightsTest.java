package org.loraspark.tensor.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineValues;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/** Weights of a file with two bytes a value, in float32: results are those of the same values in a float32 file. */
class OneDnnHalfWeightsTest {
    private static final DType[] HALVES = {DType.F16, DType.BF16};

    @ParameterizedTest
    @CsvSource({"320,640,77", "64,30524,3", "77,30,5", "1280,16,256", "1,1,1", "5120,1280,64"})
    void linear(int in, int out, int rows) {
        HostTensor values = EngineValues.host(1, out, in);
        for (DType half : HALVES) {
            HostTensor file = values.cast(half);
            for (boolean compact : new boolean[] {false, true}) {

                ConvCase.assertClose(
                        linear(file, rows, 2, compact), linear(file.cast(DType.F32), rows, 2, compact), 2e-6);
                assertThat(linear(file, rows, 1, compact)).isDeepEqualTo(linear(file, rows, 2, compact));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"32,64,3", "4,320,3", "320,4,3", "48,16,1", "30,50,3", "64,64,1", "640,320,3"})
    void convolution(int in, int out, int kernel) {
        HostTensor values = EngineValues.host(1, out, in, kernel, kernel);
        for (DType half : HALVES) {
            HostTensor file = values.cast(half);
            for (boolean compact : new boolean[] {false, true}) {
                ConvCase.assertClose(convolution(file, 2, compact), convolution(file.cast(DType.F32), 2, false), 6e-6);
                assertThat(convolution(file, 1, compact)).isDeepEqualTo(convolution(file, 2, compact));
            }
        }
    }

    @Test
    void aLargeFilterIsWrittenOutInSeveralPieces() {
        HostTensor file = EngineValues.host(1, 1280, 1024, 1, 1).cast(DType.F16);
        assertThat(file.size()).isGreaterThan(1 << 20);
        assertThat(convolution(file, 2, false)).isDeepEqualTo(convolution(file.cast(DType.F32), 2, false));
    }

    @Test
    void rowsOfATable() {
        for (DType half : HALVES) {
            for (int width : new int[] {8, 768, 5}) {
                HostTensor file = EngineValues.host(1, 9, width).cast(half);
                try (Engine engine = new OneDnnEngine(DType.F32, 2, false);
                        Scope scope = engine.scope()) {
                    int[] ids = {8, 0, 3, 3};
                    Tensor rows = engine.embedding(ids, engine.freeze(file));
                    assertThat(rows.dtype()).isEqualTo(DType.F32);
                    assertThat(engine.read(rows))
                            .containsExactly(engine.read(engine.embedding(ids, engine.freeze(file.cast(DType.F32)))));
                }
            }
        }
    }

    @Test
    void processorsWithAvx2MultiplyWithHalves() {
        boolean expected = !Isa.name().equals("SSE4.1");
        assertThat(HalfProducts.work(DType.F16)).isEqualTo(expected);
        assertThat(HalfProducts.work(DType.BF16)).isEqualTo(expected);
        assertThat(HalfProducts.work(DType.F32)).isFalse();
    }

    /** Output and input gradient, twice, as a training run alternates between them. */
    private static float[][] linear(HostTensor weight, int rows, int threads, boolean compact) {
        try (Engine engine = new OneDnnEngine(DType.F32, threads, compact)) {
            int out = (int) weight.shape()[0];
            int in = (int) weight.shape()[1];
            LinearWeight w = engine.linearWeight(weight, EngineValues.host(2, out));
            List<float[]> results = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                try (Scope scope = engine.scope()) {
                    Tensor x = engine.upload(EngineValues.floats(EngineValues.normal(3 + i, rows, in)), rows, in);
                    Tensor dy = engine.upload(EngineValues.floats(EngineValues.normal(5 + i, rows, out)), rows, out);
                    results.add(engine.read(engine.linear(x, w)));
                    Tensor dx = engine.empty(rows, in);
                    engine.linearBackward(dy, w, dx, 0);
                    results.add(engine.read(dx));
                }
            }
            return results.toArray(float[][]::new);
        }
    }

    private static float[][] convolution(HostTensor weight, int threads, boolean compact) {
        try (Engine engine = new OneDnnEngine(DType.F32, threads, compact)) {
            int out = (int) weight.shape()[0];
            int in = (int) weight.shape()[1];
            ConvWeight w =
                    engine.convWeight(weight, EngineValues.host(2, out), ConvShape.same((int) weight.shape()[2]));
            List<float[]> results = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                try (Scope scope = engine.scope()) {
                    long[] from = {1, 6, 5, in};
                    long[] to = {1, 6, 5, out};
                    Tensor x = engine.upload(EngineValues.floats(EngineValues.normal(3 + i, from)), from);
                    Tensor dy = engine.upload(EngineValues.floats(EngineValues.normal(5 + i, to)), to);
                    results.add(engine.read(engine.conv2d(x, w)));
                    Tensor dx = engine.empty(from);
                    engine.conv2dBackward(dy, w, dx, 0);
                    results.add(engine.read(dx));
                }
            }
            return results.toArray(float[][]::new);
        }
    }
}
