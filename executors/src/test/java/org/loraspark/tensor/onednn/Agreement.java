package org.loraspark.tensor.onednn;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineValues;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.nd4j.Nd4jProvider;

/** One kernel at a time in fp32, and in bf16 where oneDNN has it, against ND4J in float64, on values that all three have. */
abstract class Agreement {
    protected static Engine reference;
    protected static Engine exact;
    protected static Engine rounded;

    @BeforeAll
    static void open() {
        reference = new Nd4jProvider().open(EngineOptions.of(DType.F64, 1));
        exact = new OneDnnEngine(DType.F32, 2, false);
        rounded = new OneDnnEngine(DType.BF16, 2, false);
    }

    @AfterAll
    static void close() {
        reference.close();
        exact.close();
        rounded.close();
    }

    /** Those that oneDNN has on this processor. */
    protected static List<Engine> engines() {
        return Isa.avx512() ? List.of(exact, rounded) : List.of(exact);
    }

    protected static void same(Function<Engine, Tensor> kernel) {
        float[] expected = run(reference, kernel);
        for (Engine engine : engines()) {
            EngineValues.assertClose(
                    engine.compute().name(), run(engine, kernel), expected, engine == exact ? 1e-5 : 1.2e-2);
        }
    }

    private static float[] run(Engine engine, Function<Engine, Tensor> kernel) {
        try (Scope scope = engine.scope()) {
            return engine.read(kernel.apply(engine));
        }
    }

    protected static Tensor gradient(Engine engine, int beta, long... shape) {
        if (beta == 1) {
            return input(engine, 9, shape);
        }
        Tensor unread = engine.empty(shape);
        engine.fill(unread, Double.NaN);
        return unread;
    }

    /** Values that bf16 has, away from zero on average. */
    protected static Tensor input(Engine engine, long seed, long... shape) {
        Random random = new Random(seed);
        float[] values = new float[(int) Shapes.size(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = HalfFloats.fromBf16(HalfFloats.toBf16((float) (random.nextGaussian() + 0.5)));
        }
        return engine.upload(values, shape);
    }
}
