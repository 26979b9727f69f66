package org.loraspark.tensor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention and its gradients against plain loops, at sizes that an engine works through in blocks. */
public abstract class AttentionConformance {
    /** Of a score's exponential in float32. */
    private static final double ROUNDING = 1e-6;

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
        "1,700,700,1,24,false",
        "2,600,700,2,15,false",
        "1,1100,530,4,40,false"
    })
    void resultAndGradientsEqualPlainLoops(int batch, int queries, int keys, int heads, int width, boolean causal) {
        check(batch, queries, keys, heads, width, causal, 1);
    }

    @ParameterizedTest
    @CsvSource({"1,70,600,2,40,6", "1,300,1024,2,16,12", "1,20,19,4,16,8", "1,300,300,2,8,40", "2,530,600,4,40,6"})
    void scoresOfManyHundredsNeitherOverflowNorVanish(
            int batch, int queries, int keys, int heads, int width, int factor) {
        check(batch, queries, keys, heads, width, false, factor);
    }

    /** @param factor that the last sample's q and k are larger by than a standard normal */
    private void check(int batch, int queries, int keys, int heads, int width, boolean causal, int factor) {
        int dim = heads * width;
        Tensor q = normal(1, factor, batch, queries, dim);
        Tensor k = normal(2, factor, batch, keys, dim);
        Tensor v = normal(3, 1, batch, keys, dim);
        Tensor dy = normal(4, 1, batch, queries, dim);
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
        // A score's rounding grows with the score, and is an exponent.
        double allowed = tolerance() + ROUNDING * factor * factor;
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
