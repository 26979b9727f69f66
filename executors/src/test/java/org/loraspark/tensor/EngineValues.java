package org.loraspark.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;

/** Moves doubles through an engine's float interface as a high and a low part, and draws test values. */
public final class EngineValues {
    private EngineValues() {}

    static Tensor upload(Engine engine, double[] values, long... shape) {
        float[] high = new float[values.length];
        float[] low = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            high[i] = (float) values[i];
            low[i] = (float) (values[i] - high[i]);
        }
        Tensor tensor = engine.upload(high, shape);
        if (engine.compute() == DType.F64) {
            engine.axpy(1, engine.upload(low, shape), tensor);
        }
        return tensor;
    }

    static double[] read(Engine engine, Tensor tensor) {
        float[] high = engine.read(tensor);
        double[] values = new double[high.length];
        if (engine.compute() == DType.F64) {
            try (Scope scope = engine.scope()) {
                Tensor rest = engine.cloneOf(tensor);
                engine.axpy(-1, engine.upload(high, tensor.shape()), rest);
                float[] low = engine.read(rest);
                for (int i = 0; i < values.length; i++) {
                    values[i] = (double) high[i] + low[i];
                }
            }
        } else {
            for (int i = 0; i < values.length; i++) {
                values[i] = high[i];
            }
        }
        return values;
    }

    /** Standard normal, rounded to float so that every engine sees the same. */
    public static double[] normal(long seed, long... shape) {
        Random random = new Random(seed);
        double[] values = new double[Math.toIntExact(Shapes.size(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    public static float[] floats(double[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }

    public static HostTensor host(long seed, long... shape) {
        return HostTensor.of(floats(normal(seed, shape)), shape);
    }

    /** @param tolerance of the largest expected value, which no error may reach */
    public static void assertClose(String name, float[] actual, float[] expected, double tolerance) {
        assertThat(actual).as(name).hasSameSizeAs(expected);
        double largest = 0;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(actual[i] - expected[i]);
            largest = Math.max(largest, Math.abs(expected[i]));
            error = Math.max(error, Double.isNaN(difference) ? Double.MAX_VALUE : difference);
        }
        assertThat(error).as(name).isLessThan(tolerance * largest);
    }

    /** @param tolerance relative to the largest expected value */
    static void assertClose(double[] actual, double[] expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        double largest = 1e-3;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(actual[i] - expected[i]) <= tolerance * largest)) {
                throw new AssertionError("element " + i + " of " + expected.length + ": expected " + expected[i]
                        + ", got " + actual[i] + ", largest " + largest);
            }
        }
    }
}
