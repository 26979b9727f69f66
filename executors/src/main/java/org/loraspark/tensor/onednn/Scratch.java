package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Memory that grows with the largest demand and never shrinks; what it holds is lost when it grows. */
final class Scratch implements AutoCloseable {
    private NdTensor values = Memory.permanent(DType.F32, 1);

    /** The address of at least so many bytes. */
    long atLeast(long wanted) {
        if (bytes() < wanted) {
            values.dispose();
            values = Memory.permanent(DType.F32, (wanted + Float.BYTES - 1) / Float.BYTES);
        }
        return values.address();
    }

    long bytes() {
        return values.size() * Float.BYTES;
    }

    @Override
    public void close() {
        values.dispose();
    }
}
