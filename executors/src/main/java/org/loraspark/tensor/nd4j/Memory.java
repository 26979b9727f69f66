package org.loraspark.tensor.nd4j;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The pool of an engine and its stack of scopes. Sizes are rounded up to four classes an octave, so that nearby shapes
 * share blocks and at most a fifth of a block lies idle. Nothing waits for the garbage collector.
 */
final class Memory {
    private static final long SMALLEST = 64;

    final DType dtype;
    final DataType type;
    private final Map<Long, Deque<Block>> free = new HashMap<>();
    private NdScope innermost = new NdScope(this, null);
    private long bytes;

    Memory(DType dtype) {
        this.dtype = dtype;
        this.type = dtype == DType.F64 ? DataType.DOUBLE : DataType.FLOAT;
    }

    NdScope open() {
        innermost = new NdScope(this, innermost);
        return innermost;
    }

    void leave(NdScope scope) {
        if (scope != innermost) {
            throw new IllegalStateException("scopes close in the reverse order of their opening");
        }
        innermost = scope.parent;
    }

    /** Uninitialised memory of the innermost scope. */
    NdTensor empty(long... shape) {
        long capacity = sizeClass(Math.max(1, Shapes.size(shape)));
        Deque<Block> blocks = free.get(capacity);
        Block block = blocks == null ? null : blocks.pollLast();
        if (block == null) {
            block = new Block(Nd4j.createUninitialized(type, capacity));
            bytes += capacity * dtype.bytes();
        }
        innermost.add(block);
        return new NdTensor(block, 0, dtype, shape);
    }

    void release(NdTensor tensor) {
        release(tensor.block);
    }

    void release(Block block) {
        if (block.owner != null) {
            block.owner.remove(block);
            pool(block);
        }
    }

    void pool(Block block) {
        block.owner = null;
        block.generation++;
        free.computeIfAbsent(block.capacity, c -> new ArrayDeque<>()).addLast(block);
    }

    long bytes() {
        return bytes;
    }

    void close() {
        for (NdScope scope = innermost; scope != null; scope = scope.parent) {
            scope.free();
        }
        for (Deque<Block> blocks : free.values()) {
            blocks.forEach(this::free);
        }
        free.clear();
    }

    void free(Block block) {
        block.owner = null;
        block.generation++;
        bytes -= block.capacity * dtype.bytes();
        block.close();
    }

    static long sizeClass(long size) {
        if (size <= SMALLEST) {
            return SMALLEST;
        }
        long quarter = Math.max(1, Long.highestOneBit(size - 1) / 4);
        return (size + quarter - 1) / quarter * quarter;
    }
}
