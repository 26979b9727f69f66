package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * Frozen weights of two bytes in an engine that computes in float32. Nothing is rounded: matrix products read them as they
 * are, see {@link HalfProducts}, and for convolutions they are written out in float32 before each use.
 */
final class Halves {
    /** Values written out at once, few enough to stay near the processor. */
    private static final long CHUNK = 1 << 20;

    /** Rows of the identity; of 4 to 64, the fastest. */
    private static final long ROWS = 8;

    private final Dnnl context;
    private final Scratch wide = new Scratch();
    private NdTensor identity;

    Halves(Dnnl context) {
        this.context = context;
    }

    /** Whether {@link #widen} takes so many values. */
    static boolean canWiden(long size) {
        return size % ROWS == 0;
    }

    /** Where the values lie in float32, until the next call. */
    long widened(NdTensor values) {
        long to = wide.atLeast(values.size() * Float.BYTES);
        widen(values, to);
        return to;
    }

    /**
     * Writes the values in float32. oneDNN converts fp16 slowly where the processor does not compute in it; its matrix
     * product with fp16 weights is fast, and with the identity it is a conversion. (A negative zero becomes a positive
     * one.)
     */
    void widen(NdTensor values, long to) {
        long size = values.size();
        for (long from = 0; from < size; from += CHUNK) {
            long count = Math.min(CHUNK, size - from);
            long source = values.address() + from * values.dtype().bytes();
            long target = to + from * Float.BYTES;
            if (values.dtype() == DType.F16) {
                timesIdentity(count).run(identity().address(), source, target);
            } else {
                context.operation(
                                Key.of("widen", count, values.dtype().ordinal()),
                                () -> context.reorder(
                                        Dnnl.dense(values.dtype(), count),
                                        Dnnl.dense(DType.F32, count),
                                        PostOps.none()))
                        .run(source, target);
            }
        }
    }

    private Operation timesIdentity(long count) {
        return context.operation(
                Key.of("timesIdentity", count),
                () -> context.product(
                        Dnnl.dense(DType.F32, ROWS, ROWS),
                        Dnnl.dense(DType.F16, ROWS, count / ROWS),
                        Dnnl.dense(DType.F32, ROWS, count / ROWS),
                        PostOps.none()));
    }

    private NdTensor identity() {
        if (identity == null) {
            float[] ones = new float[(int) (ROWS * ROWS)];
            for (int i = 0; i < ROWS; i++) {
                ones[i * (int) ROWS + i] = 1;
            }
            identity = Memory.permanent(DType.F32, ones.length);
            NativeFloats.at(identity.address(), ones.length).put(ones);
        }
        return identity;
    }

    long bytes() {
        return wide.bytes();
    }

    void close() {
        wide.close();
        if (identity != null) {
            identity.dispose();
        }
    }
}
