package org.loraspark.tensor.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineValues;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.nd4j.Nd4jProvider;

/** Sizes of a 3x3 convolution, and random values for it. */
record ConvCase(int batch, int height, int width, int in, int out) {
    HostTensor file(DType type) {
        HostTensor file = EngineValues.host(1, out, in, 3, 3);
        return type == DType.F32 ? file : file.cast(type);
    }

    HostTensor bias() {
        return EngineValues.host(2, out);
    }

    ConvWeight weight(Engine engine, DType type) {
        return engine.convWeight(file(type), bias(), ConvShape.same(3));
    }

    float[][] run(int threads, boolean compact, DType type) {
        try (Engine engine = new OneDnnEngine(DType.F32, threads, compact)) {
            return run(engine, weight(engine, type));
        }
    }

    /** The convolution alone and with a residual, and the gradient alone and added to another. */
    float[][] run(Engine engine, ConvWeight weight) {
        return run(engine, weight, DType.F32);
    }

    /** @param type that the pictures' values are rounded to */
    float[][] run(Engine engine, ConvWeight weight, DType type) {
        try (Scope scope = engine.scope()) {
            Tensor x = values(engine, 3, in, type);
            Tensor dy = values(engine, 4, out, type);
            Tensor dx = engine.empty(x.shape());
            engine.fill(dx, Double.NaN);
            engine.conv2dBackward(dy, weight, dx, 0);
            Tensor sum = values(engine, 5, in, type);
            engine.conv2dBackward(dy, weight, sum, 1);
            return new float[][] {
                engine.read(engine.conv2d(x, weight)),
                engine.read(engine.conv2dAdd(x, weight, dy)),
                engine.read(dx),
                engine.read(sum)
            };
        }
    }

    Tensor values(Engine engine, long seed, int channels, DType type) {
        long[] shape = {batch, height, width, channels};
        float[] values = EngineValues.floats(EngineValues.normal(seed, shape));
        return engine.upload(HostTensor.of(values, shape).cast(type).toFloats(), shape);
    }

    /** The same in float64, by ND4J, with a weight as it is in a file of a type. */
    float[][] exactly(DType type) {
        try (Engine engine = new Nd4jProvider().open(EngineOptions.of(DType.F64, 2))) {
            return run(engine, engine.convWeight(file(type).cast(DType.F32), bias(), ConvShape.same(3)));
        }
    }

    /** @param tolerance of the largest value */
    static void assertClose(float[][] actual, float[][] expected, double tolerance) {
        assertThat(actual.length).isEqualTo(expected.length);
        for (int i = 0; i < expected.length; i++) {
            EngineValues.assertClose("result " + i, actual[i], expected[i], tolerance);
        }
    }
}
