package org.loraspark.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention and its gradients against plain loops, at sizes that an engine works through in blocks. */
public abstract class AttentionConformance {
    /** Of a score's exponential in float32. */
    private static final double ROUNDING = 1e-6;

    /** Of a difference between float32 numbers of a thousand times its size. */
    private static final double CANCELLED = 1e-3;

    private Engine engine;
    private Scope scope;

    protected abstract Engine open();

    /** Largest error allowed, relative to the largest expected value. */
    protected double tolerance() {
        return 1e-5;
    }

    @BeforeEach
    void start() {
        engine = open();
        scope = engine.scope();
    }

    @AfterEach
    void close() {
        scope.close();
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({
        "2,33,19,4,16,false",
        "1,64,64,8,160,false",
        "3,16,77,8,40,false",
        "2,77,77,12,64,true",
        "1,1100,300,4,8,false",
        "1,1100,77,3,40,false",
        "1,300,1024,2,40,false",
        "1,200,1201,2,80,false",
        "2,600,600,2,8,true",
        "1,780,780,1,24,false",
        "1,577,577,3,64,false",
        "2,800,900,2,15,false",
        "1,1100,830,4,40,false"
    })
    void resultAndGradientsEqualPlainLoops(int batch, int queries, int keys, int heads, int width, boolean causal) {
        check(batch, queries, keys, heads, width, causal, 1);
    }

    @ParameterizedTest
    @CsvSource({"1,70,600,2,40,6", "1,300,1024,2,16,12", "1,20,19,4,16,8", "1,300,300,2,8,40", "2,830,800,4,40,6"})
    void scoresOfManyHundredsNeitherOverflowNorVanish(
            int batch, int queries, int keys, int heads, int width, int factor) {
        check(batch, queries, keys, heads, width, false, factor);
    }

    @ParameterizedTest
    @CsvSource({
        "2,1,577,64",
        "8,12,577,768",
        "3,36,577,96",
        "2,7,20,80",
        "3,20,33,40",
        "1,5,19,24",
        "2,40,70,32",
        "1,2,1,16"
    })
    void packedStatesAreTheirOwnKeysAndValues(int batch, int queries, int tokens, int dim) {
        double factor = 1 / Math.sqrt(dim);
        double[] q = EngineValues.normal(1, batch, queries, dim);
        Tensor scaled = engine.scale(EngineValues.upload(engine, q, batch, queries, dim), factor);
        Tensor x = normal(2, 1, batch, tokens, dim);
        PackedStates packed = engine.packStates(x);
        double[] y = values(engine.attend(scaled, packed));
        // The reference divides by the root of the width.
        double[] asGiven = Arrays.stream(values(scaled)).map(v -> v / factor).toArray();
        EngineValues.assertClose(
                y,
                ReferenceKernels.attention(asGiven, values(x), values(x), batch, queries, tokens, dim, 1, false),
                tolerance());

        PackedStates withoutFirst = packed.drop(engine, 0);
        long sample = (long) queries * dim;
        for (int place = 0; place < batch - 1; place++) {
            int was = place == 0 ? batch - 1 : place;
            Tensor alone = scaled.slice(was * sample, 1, queries, dim);
            PackedStates one =
                    new PackedStates(row(withoutFirst.keys(), place), row(withoutFirst.values(), place), tokens);
            double[] expected = Arrays.copyOfRange(y, (int) (was * sample), (int) ((was + 1) * sample));
            assertThat(values(engine.attend(alone, one))).containsExactly(expected);
        }
    }

    private static Tensor row(Tensor samples, int i) {
        long size = samples.size() / samples.dim(0);
        long[] shape = samples.shape().clone();
        shape[0] = 1;
        return samples.slice(i * size, shape);
    }

    /** Gradients of scores are then differences of numbers that are nearly equal. */
    @ParameterizedTest
    @CsvSource({"2,33,19,4,16,false", "1,300,77,2,40,false", "2,12,12,4,40,false", "1,77,77,4,64,true"})
    void valuesMayDifferLittleBetweenKeys(int batch, int queries, int keys, int heads, int width, boolean causal) {
        int dim = heads * width;
        double[] v = EngineValues.normal(3, batch, keys, dim);
        for (int i = 0; i < v.length; i++) {
            v[i] = v[i] < 0 ? 1 : 1 + 1.0 / 128;
        }
        double[] dy = EngineValues.normal(4, batch, queries, dim);
        for (int i = 0; i < dy.length; i++) {
            dy[i] += 1;
        }
        check(
                normal(1, 1, batch, queries, dim),
                normal(2, 1, batch, keys, dim),
                EngineValues.upload(engine, v, batch, keys, dim),
                EngineValues.upload(engine, dy, batch, queries, dim),
                heads,
                causal,
                Math.max(CANCELLED, tolerance()));
    }

    /** @param factor that the last sample's q and k are larger by than a standard normal */
    private void check(int batch, int queries, int keys, int heads, int width, boolean causal, int factor) {
        int dim = heads * width;
        check(
                normal(1, factor, batch, queries, dim),
                normal(2, factor, batch, keys, dim),
                normal(3, 1, batch, keys, dim),
                normal(4, 1, batch, queries, dim),
                heads,
                causal,
                // A score's rounding grows with the score, and is an exponent.
                tolerance() + ROUNDING * factor * factor);
    }

    private void check(Tensor q, Tensor k, Tensor v, Tensor dy, int heads, boolean causal, double allowed) {
        int batch = Math.toIntExact(q.dim(0));
        int queries = Math.toIntExact(q.dim(1));
        int keys = Math.toIntExact(k.dim(1));
        int width = Math.toIntExact(q.dim(2)) / heads;
        ReferenceAttention expected = ReferenceAttention.of(
                values(q), values(k), values(v), values(dy), batch, queries, keys, heads, width, causal);
        AttentionResult forward = engine.attention(q, k, v, heads, causal);
        Tensor dq = engine.empty(q.shape());
        Tensor dk = engine.empty(k.shape());
        Tensor dv = engine.empty(v.shape());
        for (Tensor gradient : new Tensor[] {dq, dk, dv}) {
            engine.fill(gradient, Double.NaN);
        }
        engine.attentionBackward(dy, q, k, v, forward, heads, causal, dq, dk, dv);
        EngineValues.assertClose(values(forward.output()), expected.y(), allowed);
        EngineValues.assertClose(values(dq), expected.dq(), allowed);
        EngineValues.assertClose(values(dk), expected.dk(), allowed);
        EngineValues.assertClose(values(dv), expected.dv(), allowed);
    }

    private Tensor normal(long seed, double factor, long... shape) {
        double[] values = EngineValues.normal(seed, shape);
        for (int i = values.length - values.length / (int) shape[0]; i < values.length; i++) {
            values[i] *= factor;
        }
        return EngineValues.upload(engine, values, shape);
    }

    private double[] values(Tensor tensor) {
        return EngineValues.read(engine, tensor);
    }
}
