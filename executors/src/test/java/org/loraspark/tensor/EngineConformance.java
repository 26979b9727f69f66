package org.loraspark.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every engine's forward kernels against plain loops, and what its interface promises about arguments. */
public abstract class EngineConformance {
    private Engine engine;
    private Scope scope;

    protected abstract Engine open(EngineOptions options);

    protected DType compute() {
        return DType.F32;
    }

    /** Largest error allowed, relative to the largest expected value. */
    protected double tolerance() {
        return 2e-6;
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
    @CsvSource({"1,1,1", "1,5,3", "7,1,4", "5,9,1", "3,4,5", "33,17,65", "130,70,257"})
    void gemmMultipliesForEveryTransposition(int m, int n, int k) {
        double[] a = normal(1, m, k);
        double[] b = normal(2, k, n);
        double[] old = normal(3, m, n);
        for (int flags = 0; flags < 4; flags++) {
            boolean ta = (flags & 1) != 0;
            boolean tb = (flags & 2) != 0;
            Tensor left = ta ? upload(a, k, m) : upload(a, m, k);
            Tensor right = tb ? upload(b, n, k) : upload(b, k, n);
            double[] product = ReferenceKernels.gemm(a, ta, b, tb, m, n, k);
            Tensor c = engine.empty(m, n);
            engine.fill(c, Double.NaN);
            engine.gemm(left, ta, right, tb, c, 0.5, 0);
            assertClose(c, map(product, v -> 0.5 * v));
            Tensor sum = upload(old, m, n);
            engine.gemm(left, ta, right, tb, sum, -1.5, 1);
            for (int i = 0; i < product.length; i++) {
                product[i] = old[i] - 1.5 * product[i];
            }
            assertClose(sum, product);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,1", "2,3,5,7", "2,77,64,33", "1,50,96,130"})
    void linearAddsItsBiasToEveryRow(int batch, int tokens, int in, int out) {
        double[] x = normal(1, batch, tokens, in);
        HostTensor w = EngineValues.host(2, out, in);
        HostTensor b = EngineValues.host(3, out);
        double[] wd = normal(2, out, in);
        double[] bd = normal(3, out);
        Tensor y = engine.linear(upload(x, batch, tokens, in), engine.linearWeight(w, b));
        assertThat(y.shape()).containsExactly(batch, tokens, out);
        assertClose(y, ReferenceKernels.linear(x, wd, bd, batch * tokens, in, out));
        Tensor active = engine.linearGelu(upload(x, batch, tokens, in), engine.linearWeight(w, b));
        assertClose(active, map(ReferenceKernels.linear(x, wd, bd, batch * tokens, in, out), ReferenceKernels::gelu));
        double[] residual = normal(4, batch, tokens, out);
        Tensor sum = engine.linearAdd(
                upload(x, batch, tokens, in), engine.linearWeight(w, b), upload(residual, batch, tokens, out));
        assertClose(sum, plus(ReferenceKernels.linear(x, wd, bd, batch * tokens, in, out), residual));
        Tensor bare = engine.linear(upload(x, batch, tokens, in), engine.linearWeight(w));
        assertClose(bare, ReferenceKernels.linear(x, wd, new double[0], batch * tokens, in, out));
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,1,1", "1,1,3,5,7", "2,3,4,16,24", "1,8,12,64,768", "8,3,2,300,33"})
    void headsAreMultipliedWithTheirOwnRows(int batch, int tokens, int heads, int width, int in) {
        double[] w = normal(1, heads * width, in);
        HeadWeight weight = engine.headWeight(EngineValues.host(1, heads * width, in), heads);
        assertThat(new long[] {weight.heads(), weight.width(), weight.in()}).containsExactly(heads, width, in);
        int rows = batch * tokens;
        double[] wide = normal(2, batch, tokens, heads * in);
        double[] narrow = normal(3, batch, tokens, heads * width);
        double[] products = new double[narrow.length];
        double[] transposed = new double[wide.length];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < heads * width; i++) {
                int head = i / width;
                for (int j = 0; j < in; j++) {
                    products[row * heads * width + i] += wide[(row * heads + head) * in + j] * w[i * in + j];
                    transposed[(row * heads + head) * in + j] += 0.5 * narrow[row * heads * width + i] * w[i * in + j];
                }
            }
        }
        Tensor y = engine.headLinear(upload(wide, batch, tokens, heads * in), weight);
        assertThat(y.shape()).containsExactly(batch, tokens, heads * width);
        assertClose(y, products);
        Tensor t = engine.headLinearTransposed(upload(narrow, batch, tokens, heads * width), weight, 0.5);
        assertThat(t.shape()).containsExactly(batch, tokens, heads * in);
        assertClose(t, transposed);
        Tensor other = upload(normal(4, 2, heads * width + 1), 2, heads * width + 1);
        assertThatThrownBy(() -> engine.headLinearTransposed(other, weight, 1))
                .hasMessageContaining("headLinearTransposed");
    }

    @ParameterizedTest
    @CsvSource({
        "1,5,7,3,4,1,1,1,1,1",
        "2,8,8,16,16,1,1,1,1,1",
        "2,8,6,5,7,2,1,1,1,1",
        "1,7,9,4,4,2,1,1,1,1",
        "2,8,8,3,5,2,0,1,0,1",
        "1,9,7,8,4,2,0,1,0,1",
        "1,6,5,4,3,1,0,0,0,0",
        "1,16,16,33,65,1,1,1,1,1"
    })
    void convolutionMatchesItsSum(
            int batch, int height, int width, int in, int out, int stride, int top, int bottom, int left, int right) {
        ConvShape shape = new ConvShape(stride, top, bottom, left, right);
        double[] x = normal(1, batch, height, width, in);
        double[] w = normal(2, out, in, 3, 3);
        double[] b = normal(3, out);
        ConvWeight weight = engine.convWeight(EngineValues.host(2, out, in, 3, 3), EngineValues.host(3, out), shape);
        Tensor y = engine.conv2d(upload(x, batch, height, width, in), weight);
        assertThat(y.shape()).containsExactly(batch, shape.outHeight(height, 3), shape.outWidth(width, 3), out);
        double[] expected = ReferenceKernels.conv2d(x, batch, height, width, in, w, b, out, 3, shape);
        assertClose(y, expected);
        double[] residual = normal(4, y.shape());
        Tensor sum = engine.conv2dAdd(upload(x, batch, height, width, in), weight, upload(residual, y.shape()));
        assertClose(sum, plus(expected, residual));
    }

    @ParameterizedTest
    @CsvSource({"1,1,4,2", "2,35,6,3", "2,64,64,32", "1,49,96,32"})
    void groupNormCentresAndScalesEachGroup(int batch, int pixels, int channels, int groups) {
        double[] x = rounded(map(normal(1, batch, pixels, channels), v -> 3 * v + 20));
        double[] gamma = normal(2, channels);
        double[] beta = normal(3, channels);
        Tensor y = engine.groupNorm(
                        upload(x, batch, pixels, 1, channels),
                        groups,
                        upload(gamma, channels),
                        upload(beta, channels),
                        1e-5)
                .output();
        assertThat(y.shape()).containsExactly(batch, pixels, 1, channels);
        double[] expected = ReferenceKernels.groupNorm(x, batch, pixels, channels, groups, gamma, beta, 1e-5);
        assertClose(y, expected, 10);
        Tensor active = engine.groupNormSilu(
                        upload(x, batch, pixels, 1, channels),
                        groups,
                        upload(gamma, channels),
                        upload(beta, channels),
                        1e-5)
                .output();
        assertClose(active, map(expected, v -> ReferenceKernels.swish(v, 1)), 10);
    }

    @ParameterizedTest
    @CsvSource({"1,1,4,2", "2,35,6,3", "3,64,64,32"})
    void groupNormSiluIsTheSiluOfTheNorm(int batch, int pixels, int channels, int groups) {
        double[] x = map(normal(1, batch, pixels, channels), v -> 3 * v - 1);
        double[] gamma = normal(2, channels);
        double[] beta = normal(3, channels);
        NormResult y = engine.groupNormSilu(
                upload(x, batch, pixels, 1, channels), groups, upload(gamma, channels), upload(beta, channels), 1e-5);
        double[] norm = ReferenceKernels.groupNorm(x, batch, pixels, channels, groups, gamma, beta, 1e-5);
        assertClose(y.output(), map(norm, v -> ReferenceKernels.swish(v, 1)), 10);
    }

    @ParameterizedTest
    @CsvSource({"1,1,5", "2,3,7", "2,77,64", "1,20,96"})
    void layerNormCentresAndScalesEachRow(int batch, int tokens, int width) {
        double[] x = rounded(map(normal(1, batch, tokens, width), v -> 3 * v + 20));
        double[] gamma = normal(2, width);
        double[] beta = normal(3, width);
        Tensor y = engine.layerNorm(upload(x, batch, tokens, width), upload(gamma, width), upload(beta, width), 1e-5)
                .output();
        // One group over all channels of one pixel is a layer norm.
        assertClose(y, ReferenceKernels.groupNorm(x, batch * tokens, 1, width, 1, gamma, beta, 1e-5), 10);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64, 4099})
    void activationsMatchTheirFormulas(int n) {
        double[] x = map(normal(1, n), v -> 4 * v);
        x[n - 1] = 5;
        x[0] = -40;
        assertClose(engine.silu(upload(x, n)), map(x, v -> ReferenceKernels.swish(v, 1)));
        assertClose(engine.quickGelu(upload(x, n)), map(x, v -> ReferenceKernels.swish(v, 1.702)));
        assertClose(engine.gelu(upload(x, n)), map(x, ReferenceKernels::gelu));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "5,3", "40,33"})
    void gegluGatesTheFirstHalfByTheSecond(int rows, int half) {
        double[] x = normal(1, rows, 2 * half);
        double[] expected = new double[rows * half];
        for (int i = 0; i < expected.length; i++) {
            int value = i / half * 2 * half + i % half;
            expected[i] = x[value] * ReferenceKernels.gelu(x[value + half]);
        }
        Tensor y = engine.geglu(upload(x, 1, rows, 2 * half));
        assertThat(y.shape()).containsExactly(1, rows, half);
        assertClose(y, expected);
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,4,1,false",
        "2,5,3,6,2,false",
        "2,16,77,24,3,false",
        "3,2,577,64,2,false",
        "1,9,9,10,5,true",
        "2,77,77,64,4,true",
        "1,2100,2050,4,2,false",
        "1,2100,2100,4,1,true"
    })
    void attentionWeighsValuesBySoftmax(int batch, int queries, int keys, int dim, int heads, boolean causal) {
        double[] q = normal(1, batch, queries, dim);
        double[] k = normal(2, batch, keys, dim);
        double[] v = normal(3, batch, keys, dim);
        Tensor y = engine.attention(
                        upload(q, batch, queries, dim),
                        upload(k, batch, keys, dim),
                        upload(v, batch, keys, dim),
                        heads,
                        causal)
                .output();
        assertThat(y.shape()).containsExactly(batch, queries, dim);
        assertClose(y, ReferenceKernels.attention(q, k, v, batch, queries, keys, dim, heads, causal), 2);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,4,1", "3,1,5,6,2", "6,1,20,96,4", "2,3,7,24,3", "4,3,20,64,2"})
    void attentionToRowsSeesTheNamedKeysAndValues(int batch, int queries, int n, int dim, int heads) {
        int table = 2 * n + 3;
        double[] q = normal(1, batch, queries, dim);
        double[] keys = normal(2, table, dim);
        double[] values = normal(3, table, dim);
        int[] rows = new int[batch * n];
        double[] k = new double[rows.length * dim];
        double[] v = new double[rows.length * dim];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (5 * i + 2) % table;
            System.arraycopy(keys, rows[i] * dim, k, i * dim, dim);
            System.arraycopy(values, rows[i] * dim, v, i * dim, dim);
        }
        Tensor y = engine.rowAttention(
                upload(q, batch, queries, dim), upload(keys, table, dim), upload(values, table, dim), rows, heads);
        assertThat(y.shape()).containsExactly(batch, queries, dim);
        assertClose(y, ReferenceKernels.attention(q, k, v, batch, queries, n, dim, heads, false), 2);
    }

    @ParameterizedTest
    @CsvSource({"6,10", "5,10", "6,9", "5,9"})
    void upsamplingRepeatsEveryPixel(int height, int width) {
        double[] x = normal(1, 2, 3, 5, 4);
        double[] expected = new double[2 * height * width * 4];
        for (int i = 0; i < expected.length; i++) {
            int column = i / 4 % width * 5 / width;
            int row = i / 4 / width % height * 3 / height;
            int picture = i / 4 / width / height;
            expected[i] = x[((picture * 3 + row) * 5 + column) * 4 + i % 4];
        }
        Tensor y = engine.upsample(upload(x, 2, 3, 5, 4), height, width);
        assertThat(y.shape()).containsExactly(2, height, width, 4);
        assertThat(EngineValues.read(engine, y)).containsExactly(expected);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "6,3,5", "30,64,32"})
    void columnsTakeBackWhatConcatJoined(int rows, int m, int n) {
        double[] a = normal(1, rows, m);
        double[] b = normal(2, rows, n);
        Tensor y = engine.concat(upload(a, rows, 1, m), upload(b, rows, 1, n));
        assertThat(y.shape()).containsExactly(rows, 1, m + n);
        double[] joined = EngineValues.read(engine, y);
        for (int i = 0; i < joined.length; i++) {
            int column = i % (m + n);
            int row = i / (m + n);
            assertThat(joined[i]).isEqualTo(column < m ? a[row * m + column] : b[row * n + column - m]);
        }
        Tensor left = engine.empty(rows, 1, m);
        engine.fill(left, Double.NaN);
        engine.columns(y, 0, left, 0);
        assertThat(EngineValues.read(engine, left)).containsExactly(a);
        Tensor right = upload(b, rows, 1, n);
        engine.columns(y, m, right, 1);
        assertThat(EngineValues.read(engine, right)).containsExactly(map(b, v -> 2 * v));
    }

    @Test
    void embeddingPicksRowsOfTheTable() {
        double[] table = normal(1, 9, 5);
        Tensor y = engine.embedding(new int[] {8, 0, 3, 3}, engine.freeze(EngineValues.host(1, 9, 5)));
        assertThat(y.shape()).containsExactly(4, 5);
        double[] read = EngineValues.read(engine, y);
        int[] rows = {8, 0, 3, 3};
        for (int i = 0; i < read.length; i++) {
            assertThat(read[i]).isEqualTo(table[rows[i / 5] * 5 + i % 5]);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,15,7", "3,64,64"})
    void elementWiseKernelsMatchTheirFormulas(int batch, int pixels, int channels) {
        long[] shape = {batch, pixels, channels};
        double[] a = normal(1, shape);
        double[] b = normal(2, shape);
        double[] row = normal(3, channels);
        double[] rows = normal(4, batch, channels);
        int n = a.length;
        double[] sum = new double[n];
        double[] product = new double[n];
        double[] biased = new double[n];
        double[] shifted = new double[n];
        double[] fused = new double[n];
        for (int i = 0; i < n; i++) {
            int c = i % channels;
            sum[i] = a[i] + b[i];
            product[i] = a[i] * b[i];
            biased[i] = a[i] + row[c];
            shifted[i] = a[i] + rows[i / channels / pixels * channels + c];
            fused[i] = b[i] - 0.25 * a[i];
        }
        assertClose(engine.add(upload(a, shape), upload(b, shape)), sum);
        assertClose(engine.multiply(upload(a, shape), upload(b, shape)), product);
        assertClose(engine.add(upload(a, shape), upload(row, channels)), biased);
        assertClose(engine.addPerSample(upload(a, shape), upload(rows, batch, channels)), shifted);
        assertClose(engine.scale(upload(a, shape), 3), map(a, v -> 3 * v));
        Tensor y = upload(b, shape);
        engine.axpy(-0.25, upload(a, shape), y);
        assertClose(y, fused);
    }

    @Test
    void slicesAndReshapesShareTheMemory() {
        Tensor x = upload(normal(1, 4, 6), 4, 6);
        engine.fill(x.slice(6, 2, 3), 5);
        double[] read = EngineValues.read(engine, x.reshape(2, 12));
        for (int i = 0; i < 24; i++) {
            assertThat(read[i] == 5).isEqualTo(i >= 6 && i < 12);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void oneBadValueIsFound(float bad) {
        float[] values = EngineValues.floats(normal(1, 5001));
        assertThat(engine.isFinite(engine.upload(values, 5001))).isTrue();
        values[4217] = bad;
        assertThat(engine.isFinite(engine.upload(values, 5001))).isFalse();
    }

    @Test
    void misshapenOperandsAreNamed() {
        Tensor x = engine.zeros(2, 5);
        LinearWeight w = engine.linearWeight(EngineValues.host(1, 3, 4));
        assertThatThrownBy(() -> engine.linear(x, w))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("linear")
                .hasMessageContaining("[2,5]")
                .hasMessageContaining("4 inputs");
        assertThatThrownBy(() -> engine.gemm(x, false, x, false, x, 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gemm")
                .hasMessageContaining("[2,5]");
        assertThatThrownBy(() -> engine.multiply(x, engine.zeros(5, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("multiply");
        assertThatThrownBy(() -> engine.groupNorm(x, 2, x, x, 1e-5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("groupNorm");
        assertThatThrownBy(() -> engine.attention(x, x, x, 1, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("attention");
    }

    @Test
    void productsAreAddedInTheMasterType() {
        Tensor one = engine.upload(new float[] {1}, 1, 1);
        Tensor quarter = engine.upload(new float[] {0.25f}, 1, 1);
        Tensor sum = engine.empty(engine.master(), 1, 1);
        engine.write(sum, new float[] {1000});
        for (int i = 0; i < 3; i++) {
            engine.gemm(one, false, quarter, true, sum, 0.5, 1);
        }
        assertThat(engine.read(sum)).containsExactly(1000.375f);
        Tensor copy = engine.empty(1);
        engine.copy(sum, copy);
        assertThat(engine.read(copy)[0]).isCloseTo(1000.375f, within(1000 * (float) tolerance()));
    }

    /** Values that the engine's type has, so that it sees the same as the reference. */
    private double[] normal(long seed, long... shape) {
        return rounded(EngineValues.normal(seed, shape));
    }

    private double[] rounded(double[] values) {
        return map(
                values, v -> compute() == DType.BF16 ? HalfFloats.fromBf16(HalfFloats.toBf16((float) v)) : (float) v);
    }

    private Tensor upload(double[] values, long... shape) {
        return EngineValues.upload(engine, values, shape);
    }

    private void assertClose(Tensor actual, double[] expected) {
        assertClose(actual, expected, 1);
    }

    private void assertClose(Tensor actual, double[] expected, double slack) {
        EngineValues.assertClose(EngineValues.read(engine, actual), expected, slack * tolerance());
    }

    private static double[] plus(double[] a, double[] b) {
        double[] sum = new double[a.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = a[i] + b[i];
        }
        return sum;
    }

    private static double[] map(double[] values, DoubleUnaryOperator f) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = f.applyAsDouble(values[i]);
        }
        return result;
    }
}
