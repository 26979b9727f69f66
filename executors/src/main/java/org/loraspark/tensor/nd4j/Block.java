package org.loraspark.tensor.nd4j;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.loraspark.tensor.Shapes;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One piece of native memory and the ND4J arrays that look at it. Making such an array costs microseconds and, off the
 * start of the memory, a native object; a block therefore remembers each that it made, and a training step that repeats
 * itself makes none.
 */
final class Block {
    private static final int MOST_VIEWS = 1024;

    final INDArray flat;
    final long capacity;
    final long address;
    private final Runnable free;
    private final Map<Key, INDArray> views = new ConcurrentHashMap<>();

    /** The scope that owns the block and its place there; null when frozen or in the pool. */
    NdScope owner;

    int index;

    /** Counts the returns to the pool, so that a tensor can tell that its memory is no longer its own. */
    int generation;

    /** @param flat one-dimensional and contiguous */
    Block(INDArray flat) {
        this(flat, flat::close);
    }

    private Block(INDArray flat, Runnable free) {
        this.flat = flat;
        this.capacity = flat.length();
        this.address = flat.data().address();
        this.free = free;
    }

    /** Uninitialised, on the host or, in a build for GPUs, where ND4J puts it. */
    static Block allocate(DataType type, long length) {
        if (!Nd4j.getEnvironment().isCPU()) {
            return new Block(Nd4j.createUninitialized(type, length));
        }
        Uncleared memory = Uncleared.allocate(type, length);
        return new Block(memory.flat(), memory::close);
    }

    INDArray view(long offset, long[] shape) {
        return view(offset, shape, null);
    }

    /** @param strides in elements, or null for row-major */
    INDArray view(long offset, long[] shape, long[] strides) {
        Key key = new Key(offset, shape, strides);
        INDArray known = views.get(key);
        if (known != null) {
            return known;
        }
        if (views.size() >= MOST_VIEWS) {
            views.clear();
        }
        INDArray made =
                Nd4j.create(flat.data(), shape, strides == null ? Shapes.rowMajor(shape) : strides, offset, 'c');
        views.put(key, made);
        return made;
    }

    long bytes() {
        return capacity * flat.dataType().width();
    }

    void close() {
        views.clear();
        free.run();
    }

    private static final class Key {
        private final long offset;
        private final long[] shape;
        private final long[] strides;
        private final int hash;

        Key(long offset, long[] shape, long[] strides) {
            this.offset = offset;
            this.shape = shape;
            this.strides = strides;
            this.hash = (31 * Arrays.hashCode(shape) + Arrays.hashCode(strides)) * 31 + Long.hashCode(offset);
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Key k
                    && k.hash == hash
                    && k.offset == offset
                    && Arrays.equals(k.shape, shape)
                    && Arrays.equals(k.strides, strides);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
