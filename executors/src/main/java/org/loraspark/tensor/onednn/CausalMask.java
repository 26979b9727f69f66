package org.loraspark.tensor.onednn;

import org.loraspark.tensor.nd4j.NdTensor;

/** What is added to scores so that a query sees the keys up to its own position: zero, or far below every score. */
final class CausalMask {
    private static final float HIDDEN = -1e30f;

    private CausalMask() {}

    /** Fills a block of scores. */
    static void write(AttentionShape s, long firstQuery, NdTensor scores) {
        int run = Math.toIntExact(s.run());
        int keys = Math.toIntExact(s.keys());
        float[] values = new float[run * keys];
        for (int i = 0; i < run; i++) {
            for (long j = firstQuery + i + 1; j < keys; j++) {
                values[(int) (i * (long) keys + j)] = HIDDEN;
            }
        }
        for (long matrix = 0; matrix < s.heads(); matrix++) {
            NativeFloats.at(scores.address() + matrix * values.length * Float.BYTES, values.length)
                    .put(values);
        }
    }
}
