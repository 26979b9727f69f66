package org.loraspark.tensor.nd4j;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Small arrays that kernels multiply or add, made once for each size and freed with the engine. */
final class Constants {
    /** Far below every score, and finite so that no infinity meets another. */
    private static final double MASKED = -1e30;

    private final DataType type;
    private final Map<String, INDArray> made = new HashMap<>();
    private long bytes;

    Constants(DataType type) {
        this.type = type;
    }

    INDArray ones(long... shape) {
        return get("ones", shape, () -> Nd4j.ones(type, shape));
    }

    INDArray zeros(long... shape) {
        return get("zeros", shape, () -> Nd4j.zeros(type, shape));
    }

    /** {@code [channels, groups]}: one where the channel belongs to the group. */
    INDArray membership(long channels, long groups) {
        return get("membership", new long[] {channels, groups}, () -> {
            INDArray matrix = Nd4j.zeros(type, channels, groups);
            for (long c = 0; c < channels; c++) {
                matrix.putScalar(c, c / (channels / groups), 1);
            }
            return matrix;
        });
    }

    /** {@code [1, queries, keys]}: zero where query {@code first + i} sees the key, hugely negative elsewhere. */
    INDArray causalMask(long first, long queries, long keys) {
        return get("mask from " + first, new long[] {1, queries, keys}, () -> {
            INDArray mask = Nd4j.zeros(type, 1, queries, keys);
            for (long q = 0; q < queries; q++) {
                for (long k = first + q + 1; k < keys; k++) {
                    mask.putScalar(0, q, k, MASKED);
                }
            }
            return mask;
        });
    }

    long bytes() {
        return bytes;
    }

    void close() {
        made.values().forEach(INDArray::close);
        made.clear();
    }

    private INDArray get(String use, long[] shape, Supplier<INDArray> make) {
        StringBuilder key = new StringBuilder(use);
        for (long d : shape) {
            key.append(' ').append(d);
        }
        return made.computeIfAbsent(key.toString(), k -> counted(make.get()));
    }

    private INDArray counted(INDArray array) {
        bytes += array.length() * type.width();
        return array;
    }
}
