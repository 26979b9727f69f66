package org.loraspark.tensor.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.loraspark.tensor.nd4j.NdTensor;

/** Memory that something else owns, for reading and writing value by value. */
final class NativeFloats extends FloatPointer {
    private NativeFloats(long to, long size) {
        address = to;
        limit = size;
        capacity = size;
    }

    /** @param size in floats */
    static FloatPointer at(long address, long size) {
        return new NativeFloats(address, size);
    }

    static FloatBuffer floats(NdTensor x) {
        return bytes(x.address(), x.size() * Float.BYTES).asFloatBuffer();
    }

    static ByteBuffer bytes(long address, long bytes) {
        return new NativeFloats(address, bytes / Float.BYTES).asByteBuffer().order(ByteOrder.nativeOrder());
    }
}
