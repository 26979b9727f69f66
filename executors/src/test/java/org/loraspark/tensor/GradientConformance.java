package org.loraspark.tensor;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every backward kernel, in float64 where the engine has it, against central differences of its forward kernel, with beta 0 and 1. */
public abstract class GradientConformance {
    private Engine engine;
    private Scope scope;

    protected abstract Engine open(EngineOptions options);

    protected DType compute() {
        return DType.F64;
    }

    /** Of the central differences. */
    protected double step() {
        return 1e-4;
    }

    /** Largest error allowed, relative to the largest expected value. */
    protected double tolerance() {
        return 1e-6;
    }

    private interface Backward {
        void run(Tensor dy, Tensor x, Tensor dx, double beta);
    }

    @BeforeEach
    void open() {
        engine = open(EngineOptions.of(compute(), 1));
        scope = engine.scope();
    }

    @AfterEach
    void close() {
        scope.close();
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "3,5,4", "7,2,9"})
    void linear(int rows, int in, int out) {
        LinearWeight w = engine.linearWeight(EngineValues.host(1, out, in), EngineValues.host(2, out));
        check(x -> engine.linear(x, w), (dy, x, dx, beta) -> engine.linearBackward(dy, w, dx, beta), 1, rows, in);
    }

    @ParameterizedTest
    @CsvSource({
        "1,4,3,2,3,1,1,1,1,1",
        "2,5,4,3,2,1,1,1,1,1",
        "2,4,6,2,3,2,1,1,1,1",
        "1,5,7,2,2,2,1,1,1,1",
        "2,4,6,3,2,2,0,1,0,1",
        "1,5,4,2,3,2,0,1,0,1",
        "1,6,4,2,2,2,0,0,0,0",
        "1,5,4,1,2,1,0,0,0,0",
        "1,4,4,2,2,1,2,1,0,2"
    })
    void convolution(
            int batch, int height, int width, int in, int out, int stride, int top, int bottom, int left, int right) {
        ConvWeight w = engine.convWeight(
                EngineValues.host(1, out, in, 3, 3),
                EngineValues.host(2, out),
                new ConvShape(stride, top, bottom, left, right));
        check(
                x -> engine.conv2d(x, w),
                (dy, x, dx, beta) -> engine.conv2dBackward(dy, w, dx, beta),
                batch,
                height,
                width,
                in);
    }

    @ParameterizedTest
    @CsvSource({"1,3,4,2", "2,6,6,3", "2,5,4,4", "1,4,8,1"})
    void groupNorm(int batch, int pixels, int channels, int groups) {
        Tensor gamma = engine.freeze(EngineValues.host(1, channels));
        Tensor shift = engine.freeze(EngineValues.host(2, channels));
        check(
                x -> engine.groupNorm(x, groups, gamma, shift, 1e-5).output(),
                (dy, x, dx, beta) -> engine.groupNormBackward(
                        dy, x, engine.groupNorm(x, groups, gamma, shift, 1e-5).stats(), groups, gamma, dx, beta),
                batch,
                pixels,
                1,
                channels);
        check(
                x -> engine.groupNormSilu(x, groups, gamma, shift, 1e-5).output(),
                (dy, x, dx, beta) -> {
                    Tensor stats =
                            engine.groupNormSilu(x, groups, gamma, shift, 1e-5).stats();
                    engine.groupNormSiluBackward(dy, x, stats, groups, gamma, shift, 1e-5, dx, beta);
                },
                batch,
                pixels,
                1,
                channels);
    }

    @ParameterizedTest
    @CsvSource({"1,3,4,2", "2,6,6,3", "2,5,4,4", "1,4,8,1", "2,3,32,4"})
    void groupNormWithSilu(int batch, int pixels, int channels, int groups) {
        Tensor gamma = engine.freezeExact(EngineValues.host(1, channels));
        Tensor shift = engine.freezeExact(EngineValues.host(2, channels));
        check(
                x -> engine.groupNormSilu(x, groups, gamma, shift, 1e-5).output(),
                (dy, x, dx, beta) -> {
                    Tensor stats =
                            engine.groupNormSilu(x, groups, gamma, shift, 1e-5).stats();
                    engine.groupNormSiluBackward(dy, x, stats, groups, gamma, shift, 1e-5, dx, beta);
                },
                batch,
                pixels,
                1,
                channels);
        check(
                x -> engine.groupNormSilu(x, groups, gamma, shift, 1e-5).output(),
                (dy, x, dx, beta) -> {
                    Tensor stats =
                            engine.groupNormSilu(x, groups, gamma, shift, 1e-5).stats();
                    engine.groupNormSiluBackward(dy, x, stats, groups, gamma, shift, 1e-5, dx, beta);
                },
                batch,
                pixels,
                1,
                channels);
    }

    @ParameterizedTest
    @CsvSource({"1,1,3", "2,3,5", "3,4,8"})
    void layerNorm(int batch, int tokens, int width) {
        Tensor gamma = engine.freeze(EngineValues.host(1, width));
        Tensor shift = engine.freeze(EngineValues.host(2, width));
        check(
                x -> engine.layerNorm(x, gamma, shift, 1e-5).output(),
                (dy, x, dx, beta) -> engine.layerNormBackward(
                        dy, x, engine.layerNorm(x, gamma, shift, 1e-5).stats(), gamma, dx, beta),
                batch,
                tokens,
                width);
    }

    @Test
    void activations() {
        check(engine::silu, engine::siluBackward, 5, 7);
        check(engine::gelu, engine::geluBackward, 5, 7);
        check(engine::quickGelu, engine::quickGeluBackward, 5, 7);
        check(engine::geglu, engine::gegluBackward, 2, 3, 10);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,2,1,false", "2,3,4,6,2,false", "1,5,5,6,3,true", "2,4,4,4,2,true"})
    void attention(int batch, int queries, int keys, int dim, int heads, boolean causal) {
        double[][] qkv = {
            EngineValues.normal(1, batch, queries, dim),
            EngineValues.normal(2, batch, keys, dim),
            EngineValues.normal(3, batch, keys, dim)
        };
        for (int varied = 0; varied < 3; varied++) {
            int which = varied;
            long tokens = varied == 0 ? queries : keys;
            checkOnce(
                    x -> {
                        Tensor[] in = operands(qkv, which, x, batch, dim);
                        return engine.attention(in[0], in[1], in[2], heads, causal)
                                .output();
                    },
                    (dy, x, dx, beta) -> {
                        Tensor[] in = operands(qkv, which, x, batch, dim);
                        Tensor[] out = new Tensor[3];
                        for (int i = 0; i < 3; i++) {
                            out[i] = i == which ? dx : engine.empty(in[i].shape());
                            engine.fill(out[i], Double.NaN);
                        }
                        AttentionResult forward = engine.attention(in[0], in[1], in[2], heads, causal);
                        engine.attentionBackward(
                                dy, in[0], in[1], in[2], forward, heads, causal, out[0], out[1], out[2]);
                    },
                    0,
                    batch,
                    tokens,
                    dim);
        }
    }

    @Test
    void resizingAndColumns() {
        ConvWeight filter = engine.upsampleConvWeight(EngineValues.host(1, 3, 2, 3, 3), EngineValues.host(2, 3));
        for (int less = 0; less < 4; less++) {
            long height = 4 - less % 2;
            long width = 6 - less / 2;
            check(
                    x -> engine.upsample(x, height, width),
                    (dy, x, dx, beta) -> engine.upsampleBackward(dy, dx, beta),
                    2,
                    2,
                    3,
                    2);
            check(
                    x -> engine.upsampleConv2d(x, height, width, filter),
                    (dy, x, dx, beta) -> engine.upsampleConv2dBackward(dy, filter, dx, beta),
                    2,
                    2,
                    3,
                    2);
        }
        Tensor other = engine.freeze(EngineValues.host(1, 4, 3));
        check(x -> engine.concat(x, other), (dy, x, dx, beta) -> engine.columns(dy, 0, dx, beta), 4, 2);
        check(x -> engine.concat(other, x), (dy, x, dx, beta) -> engine.columns(dy, 3, dx, beta), 4, 2);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,6,3", "3,5,4"})
    void rowsForEachSample(int batch, int pixels, int channels) {
        Tensor picture = engine.freeze(EngineValues.host(1, batch, pixels, channels));
        check(
                rows -> engine.addPerSample(picture, rows),
                (dy, rows, drows, beta) -> engine.addPerSampleBackward(dy, drows, beta),
                batch,
                channels);
    }

    @Test
    void betaIsZeroOrOne() {
        Tensor x = engine.zeros(2, 2);
        assertThatThrownBy(() -> engine.siluBackward(x, x, engine.zeros(2, 2), 0.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("beta");
    }

    private Tensor[] operands(double[][] qkv, int varied, Tensor x, int batch, int dim) {
        Tensor[] tensors = new Tensor[3];
        for (int i = 0; i < 3; i++) {
            long tokens = qkv[i].length / batch / dim;
            tensors[i] = i == varied ? x : EngineValues.upload(engine, qkv[i], batch, tokens, dim);
        }
        return tensors;
    }

    private void check(UnaryOperator<Tensor> forward, Backward backward, long... shape) {
        checkOnce(forward, backward, 0, shape);
        checkOnce(forward, backward, 1, shape);
    }

    private void checkOnce(UnaryOperator<Tensor> forward, Backward backward, double beta, long... shape) {
        double[] x = EngineValues.normal(11, shape);
        double[] old = EngineValues.normal(12, shape);
        double[] dy;
        double[] actual;
        try (Scope inner = engine.scope()) {
            Tensor input = EngineValues.upload(engine, x, shape);
            long[] outShape = forward.apply(input).shape();
            dy = EngineValues.normal(13, outShape);
            Tensor dx = EngineValues.upload(engine, old, shape);
            if (beta == 0) {
                engine.fill(dx, Double.NaN);
            }
            backward.run(EngineValues.upload(engine, dy, outShape), input, dx, beta);
            actual = EngineValues.read(engine, dx);
        }
        double[] expected = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double centre = x[i];
            x[i] = centre + step();
            double above = loss(forward, x, dy, shape);
            x[i] = centre - step();
            double below = loss(forward, x, dy, shape);
            x[i] = centre;
            expected[i] = (above - below) / (2 * step()) + beta * old[i];
        }
        EngineValues.assertClose(actual, expected, tolerance());
    }

    private double loss(UnaryOperator<Tensor> forward, double[] x, double[] dy, long... shape) {
        try (Scope inner = engine.scope()) {
            double[] y = EngineValues.read(engine, forward.apply(EngineValues.upload(engine, x, shape)));
            double sum = 0;
            for (int i = 0; i < y.length; i++) {
                sum += y[i] * dy[i];
            }
            return sum;
        }
    }
}
