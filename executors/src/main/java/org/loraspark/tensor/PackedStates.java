package org.loraspark.tensor;

import java.util.Arrays;

/**
 * States that queries attend to again and again, as those of a picture while a text about it is written: their own keys
 * and their own values. Nothing goes back through them.
 *
 * @param keys {@code [batch, ...]} as {@link Engine#packStates} laid them out
 * @param values {@code [batch, ...]}, the same states as the other product reads them
 * @param tokens states of a sample
 */
public record PackedStates(Tensor keys, Tensor values, long tokens) {
    public long batch() {
        return keys.dim(0);
    }

    /** Moves the last sample to place {@code i} and forgets what was there. */
    public PackedStates drop(Engine engine, int i) {
        Tensor keysLeft = drop(engine, keys, i);
        return new PackedStates(keysLeft, keys == values ? keysLeft : drop(engine, values, i), tokens);
    }

    private static Tensor drop(Engine engine, Tensor samples, int i) {
        long last = samples.dim(0) - 1;
        long size = samples.size() / samples.dim(0);
        if (i < last) {
            engine.copy(samples.slice(last * size, size), samples.slice(i * size, size));
        }
        long[] shape = Arrays.copyOf(samples.shape(), samples.shape().length);
        shape[0] = last;
        return samples.slice(0, shape);
    }
}
