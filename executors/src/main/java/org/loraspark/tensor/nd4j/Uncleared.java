package org.loraspark.tensor.nd4j;

import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An array on memory as malloc gives it. ND4J's own "uninitialized" arrays are cleared when they are made, which touches
 * each page of them once too often, and begin off the processor's cache lines.
 *
 * @param flat one-dimensional
 * @param memory what it lies on
 */
record Uncleared(INDArray flat, BytePointer memory) {
    /** A cache line, and the widest vector. */
    private static final long ALIGNMENT = 64;

    /** On the host; what is not closed is freed with the last array that refers to it. */
    static Uncleared allocate(DataType type, long length) {
        BytePointer memory = new BytePointer(length * type.width() + ALIGNMENT);
        memory.position((ALIGNMENT - memory.address() % ALIGNMENT) % ALIGNMENT);
        return new Uncleared(Nd4j.create(Nd4j.createBuffer(memory, length, type), length), memory);
    }

    void close() {
        flat.close();
        memory.deallocate();
    }
}
