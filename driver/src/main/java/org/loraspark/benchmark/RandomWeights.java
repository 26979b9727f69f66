package org.loraspark.benchmark;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.io.TensorSpec;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/**
 * Weights in float16 that are random but the same everywhere: a matrix or kernel is U(-1/√n, 1/√n) with n inputs of an
 * output, a norm's scale is 1, a bias 0. So values and gradients keep the magnitudes of a trained model, and no kernel
 * meets denormal numbers.
 */
final class RandomWeights {
    /** A prime, so that no two rows of a matrix begin at the same place of the repeated noise. */
    private static final int NOISE = 1_048_583;

    private final float[] noise = new float[NOISE];
    private final Map<Long, ByteBuffer> scaled = new HashMap<>();

    RandomWeights() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < NOISE; i++) {
            noise[i] = (float) random.nextDouble(-1, 1);
        }
    }

    /** @param shapes of the tensors by name */
    void write(Path file, Configuration conf, Map<String, long[]> shapes) {
        SafetensorsWriter.write(
                file,
                conf,
                shapes.entrySet().stream()
                        .map(e -> new TensorSpec(e.getKey(), DType.F16, e.getValue()))
                        .toList(),
                Map.of(),
                this::tensor);
    }

    private HostTensor tensor(TensorSpec spec) {
        long[] shape = spec.shape();
        int size = Math.toIntExact(Shapes.size(shape));
        ByteBuffer data = ByteBuffer.allocate(2 * size).order(ByteOrder.LITTLE_ENDIAN);
        if (shape.length > 1) {
            ByteBuffer values = scaled.computeIfAbsent(size / shape[0], this::scaled);
            while (data.hasRemaining()) {
                data.put(values.slice(0, Math.min(values.capacity(), data.remaining())));
            }
        } else if (spec.name().endsWith(".weight")) {
            while (data.hasRemaining()) {
                data.putShort(HalfFloats.toF16(1));
            }
        }
        return new HostTensor(DType.F16, shape, data.clear());
    }

    private ByteBuffer scaled(long inputs) {
        ByteBuffer values = ByteBuffer.allocate(2 * NOISE).order(ByteOrder.LITTLE_ENDIAN);
        float bound = (float) (1 / Math.sqrt(inputs));
        for (float value : noise) {
            values.putShort(HalfFloats.toF16(bound * value));
        }
        return values.clear();
    }
}
