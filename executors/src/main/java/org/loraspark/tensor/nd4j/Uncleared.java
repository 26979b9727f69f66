package org.loraspark.tensor.nd4j;

import java.lang.ref.Cleaner;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An array on memory as malloc gives it. ND4J's own "uninitialized" arrays are cleared when they are made, which touches
 * each page of them once too often, and begin off the processor's cache lines.
 *
 * @param flat one-dimensional
 * @param memory what it lies on, to be freed
 */
record Uncleared(INDArray flat, Cleaner.Cleanable memory) {
    private static final Cleaner CLEANER = Cleaner.create();

    /** A cache line, and the widest vector. */
    private static final long ALIGNMENT = 64;

    private static final class Address extends Pointer {
        Address(long to, long bytes) {
            address = to;
            limit = bytes;
            capacity = bytes;
        }
    }

    /** On the host; what is not closed is freed with the last array that refers to it. */
    static Uncleared allocate(DataType type, long length) {
        long bytes = length * type.width();
        Pointer raw = Pointer.malloc(bytes + ALIGNMENT);
        if (raw == null || raw.isNull()) {
            throw new OutOfMemoryError("the system gave no memory for an array of " + bytes + " bytes");
        }
        long start = (raw.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        INDArray flat = Nd4j.create(Nd4j.createBuffer(new Address(start, bytes), length, type), length);
        return new Uncleared(flat, CLEANER.register(flat.data(), () -> Pointer.free(raw)));
    }

    void close() {
        flat.close();
        memory.clean();
    }
}
