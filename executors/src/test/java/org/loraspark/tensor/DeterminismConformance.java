package org.loraspark.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * A worker's result must not depend on the machine's state: the same bits for one thread and two, for a second run, for
 * recycled memory full of NaN, and beside another engine at work.
 */
public abstract class DeterminismConformance {
    protected abstract Engine open(EngineOptions options);

    @Test
    void oneThreadAndTwoGiveTheSameBits() {
        Map<String, float[]> one = run(1);
        Map<String, float[]> two = run(2);
        if (sameForAnyThreads()) {
            assertSame(two, one);
        } else {
            one.forEach((name, values) -> EngineValues.assertClose(name, two.get(name), values, 2e-6));
        }
        assertSame(run(2), two);
    }

    /** Whether the number of threads may change nothing; elsewhere it may change the last bits. */
    protected boolean sameForAnyThreads() {
        return true;
    }

    @Test
    void enginesInTwoJavaThreadsDoNotDisturbEachOther() throws Exception {
        Map<String, float[]> alone = run(1);
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            List<Future<Map<String, float[]>>> both = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                both.add(pool.submit(() -> run(1)));
            }
            for (Future<Map<String, float[]>> result : both) {
                assertSame(result.get(), alone);
            }
        } finally {
            pool.shutdown();
        }
    }

    private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
        List<String> different = new ArrayList<>();
        expected.forEach((name, values) -> {
            float[] other = actual.get(name);
            int count = 0;
            for (int i = 0; i < values.length; i++) {
                count += Float.floatToRawIntBits(values[i]) == Float.floatToRawIntBits(other[i]) ? 0 : 1;
            }
            if (count > 0) {
                different.add(name + ": " + count + " of " + values.length);
            }
        });
        assertThat(different).isEmpty();
    }

    private Map<String, float[]> run(int threads) {
        try (Engine engine = open(EngineOptions.of(DType.F32, threads))) {
            try (Scope scope = engine.scope()) {
                for (int power = 0; power < 21; power++) {
                    for (int copy = 0; copy < 3; copy++) {
                        engine.fill(engine.empty(1L << power), Double.NaN);
                        engine.fill(engine.empty(3L << power), Double.NaN);
                    }
                }
            }
            Map<String, float[]> results = new LinkedHashMap<>();
            int[][] products = {
                {1, 1, 1},
                {7, 5, 3},
                {64, 64, 512},
                {8, 64, 512},
                {512, 8, 1280},
                {100, 320, 2560},
                {1, 768, 999},
                {16, 1280, 1500},
                {64, 1, 4032},
                {640, 64, 1280},
                {320, 8, 4096},
                {16, 16, 5000}
            };
            for (int[] p : products) {
                matrices(engine, results, p[0], p[1], p[2]);
            }
            convolution(engine, results, 2, 16, 64, 64, 1);
            convolution(engine, results, 1, 9, 5, 7, 1);
            convolution(engine, results, 1, 8, 640, 320, 1);
            convolution(engine, results, 2, 16, 64, 96, 2);
            rows(engine, results, 2, 15, 10);
            rows(engine, results, 2, 256, 64);
            rows(engine, results, 1, 1024, 320);
            rows(engine, results, 1, 3001, 6);
            rows(engine, results, 1, 16, 1280);
            attention(engine, results, 2, 64, 77, 64, 4, false);
            attention(engine, results, 1, 77, 77, 64, 4, true);
            attention(engine, results, 1, 1500, 1500, 80, 2, false);
            packedAttention(engine, results, 2, 12, 577, 768);
            packedAttention(engine, results, 1, 3, 77, 48);
            headProducts(engine, results, 1, 12, 64, 768);
            headProducts(engine, results, 8, 12, 64, 768);
            return results;
        }
    }

    private static void matrices(Engine e, Map<String, float[]> results, int m, int n, int k) {
        String size = m + "x" + n + "x" + k;
        try (Scope scope = e.scope()) {
            Tensor a = normal(e, 1, m, k);
            Tensor b = normal(e, 2, k, n);
            Tensor c = e.zeros(m, n);
            e.gemm(a, false, b, false, c, 1, 0);
            results.put("gemm " + size, e.read(c));
            e.gemm(normal(e, 3, k, m), true, normal(e, 4, n, k), true, c, 0.5, 1);
            results.put("gemm transposed " + size, e.read(c));
            LinearWeight w = e.linearWeight(EngineValues.host(5, n, k), EngineValues.host(6, n));
            results.put("linear " + size, e.read(e.linear(a, w)));
            Tensor dx = e.empty(m, k);
            e.linearBackward(c, w, dx, 0);
            results.put("linearBackward " + size, e.read(dx));
        }
    }

    private static void convolution(
            Engine e, Map<String, float[]> results, int batch, int side, int in, int out, int stride) {
        String size = side + "x" + side + " " + in + "->" + out + "/" + stride;
        try (Scope scope = e.scope()) {
            Tensor x = normal(e, 1, batch, side, side, in);
            ConvWeight w = e.convWeight(
                    EngineValues.host(2, out, in, 3, 3), EngineValues.host(3, out), ConvShape.strided(stride, 1));
            Tensor y = e.conv2d(x, w);
            results.put("conv2d " + size, e.read(y));
            Tensor dx = e.empty(x.shape());
            e.conv2dBackward(y, w, dx, 0);
            results.put("conv2dBackward " + size, e.read(dx));
        }
    }

    private static void rows(Engine e, Map<String, float[]> results, int batch, int pixels, int channels) {
        String size = batch + "x" + pixels + "x" + channels;
        int groups = channels % 32 == 0 ? 32 : 2;
        try (Scope scope = e.scope()) {
            Tensor x = normal(e, 1, batch, pixels, channels);
            Tensor dy = normal(e, 2, batch, pixels, channels);
            Tensor gamma = normal(e, 3, channels);
            Tensor beta = normal(e, 4, channels);
            Tensor dx = normal(e, 5, batch, pixels, channels);
            NormResult group = e.groupNorm(x, groups, gamma, beta, 1e-5);
            results.put("groupNorm " + size, e.read(group.output()));
            e.groupNormBackward(dy, x, group.stats(), groups, gamma, dx, 1);
            results.put("groupNormBackward " + size, e.read(dx));
            NormResult layer = e.layerNorm(x, gamma, beta, 1e-5);
            results.put("layerNorm " + size, e.read(layer.output()));
            e.layerNormBackward(dy, x, layer.stats(), gamma, dx, 1);
            results.put("layerNormBackward " + size, e.read(dx));
            results.put("silu " + size, e.read(e.silu(x)));
            e.siluBackward(dy, x, dx, 0);
            results.put("siluBackward " + size, e.read(dx));
            results.put("gelu " + size, e.read(e.gelu(x)));
            results.put("geglu " + size, e.read(e.geglu(x)));
            Tensor dx2 = e.empty(x.shape());
            e.gegluBackward(e.geglu(dy), x, dx2, 0);
            results.put("gegluBackward " + size, e.read(dx2));
            Tensor sums = e.empty(batch, channels);
            e.addPerSampleBackward(dy, sums, 0);
            results.put("addPerSampleBackward " + size, e.read(sums));
            results.put("add row " + size, e.read(e.add(x, gamma)));
            results.put("concat " + size, e.read(e.concat(x, dy)));
        }
    }

    private static void attention(
            Engine e,
            Map<String, float[]> results,
            int batch,
            int queries,
            int keys,
            int dim,
            int heads,
            boolean causal) {
        String size = batch + "x" + queries + "x" + keys + "x" + dim + (causal ? " causal" : "");
        try (Scope scope = e.scope()) {
            Tensor q = normal(e, 1, batch, queries, dim);
            Tensor k = normal(e, 2, batch, keys, dim);
            Tensor v = normal(e, 3, batch, keys, dim);
            AttentionResult result = e.attention(q, k, v, heads, causal);
            results.put("attention " + size, e.read(result.output()));
            Tensor dq = e.empty(q.shape());
            Tensor dk = e.empty(k.shape());
            Tensor dv = e.empty(k.shape());
            e.attentionBackward(normal(e, 4, batch, queries, dim), q, k, v, result, heads, causal, dq, dk, dv);
            results.put("dq " + size, e.read(dq));
            results.put("dk " + size, e.read(dk));
            results.put("dv " + size, e.read(dv));
        }
    }

    private static void packedAttention(
            Engine e, Map<String, float[]> results, int batch, int queries, int tokens, int dim) {
        try (Scope scope = e.scope()) {
            Tensor q = e.scale(normal(e, 3, batch, queries, dim), 1 / Math.sqrt(dim));
            Tensor y = e.attend(q, e.packStates(normal(e, 1, batch, tokens, dim)));
            results.put("attend " + batch + "x" + queries + "x" + tokens + "x" + dim, e.read(y));
        }
    }

    private static void headProducts(Engine e, Map<String, float[]> results, int rows, int heads, int width, int in) {
        try (Scope scope = e.scope()) {
            HeadWeight w = e.headWeight(EngineValues.host(2, (long) heads * width, in), heads);
            String size = rows + "x" + heads + "x" + width + "x" + in;
            results.put("head linear " + size, e.read(e.headLinear(normal(e, 1, rows, heads * in), w)));
            results.put(
                    "head linear transposed " + size,
                    e.read(e.headLinearTransposed(normal(e, 3, rows, heads * width), w, 1)));
        }
    }

    private static Tensor normal(Engine e, long seed, long... shape) {
        return e.upload(EngineValues.floats(EngineValues.normal(seed, shape)), shape);
    }
}
