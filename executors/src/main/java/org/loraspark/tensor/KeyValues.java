package org.loraspark.tensor;

import java.util.Arrays;

/**
 * Keys and values that are attended to again and again, as those of a picture while a text about it is written. Nothing
 * goes back through them.
 *
 * @param keys {@code [batch, ...]} as {@link Engine#packKeys} laid them out
 * @param values {@code [batch, ...]} as {@link Engine#packValues} laid them out
 * @param tokens keys of a sample
 */
public record KeyValues(Tensor keys, Tensor values, long tokens, int heads) {
    public long batch() {
        return keys.dim(0);
    }

    /** Moves the last sample to place {@code i} and forgets what was there. */
    public KeyValues drop(Engine engine, int i) {
        return new KeyValues(drop(engine, keys, i), drop(engine, values, i), tokens, heads);
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
