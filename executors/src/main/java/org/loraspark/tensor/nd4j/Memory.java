package org.loraspark.tensor.nd4j;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The pool of an engine and its stack of scopes. Sizes are rounded up to four classes an octave, so that nearby shapes
 * share blocks and at most a fifth of a block lies idle. Nothing waits for the garbage collector. Every engine whose
 * storage is ND4J's works in one of these.
 */
public final class Memory {
    private static final long SMALLEST = 64;

    /** A block's type and its size class. */
    private record Size(DataType type, long capacity) {}

    final DType dtype;
    final DataType type;
    private final Map<Size, Deque<Block>> free = new HashMap<>();
    private NdScope innermost = new NdScope(this, null);
    private long bytes;

    /** @param dtype what {@link #empty(long...)} makes */
    public Memory(DType dtype) {
        this.dtype = dtype;
        this.type = type(dtype);
    }

    private static DataType type(DType dtype) {
        return switch (dtype) {
            case F64 -> DataType.DOUBLE;
            case F32 -> DataType.FLOAT;
            case BF16 -> DataType.BFLOAT16;
            case F16 -> DataType.FLOAT16;
            default -> throw new IllegalArgumentException("no engine has tensors of " + dtype);
        };
    }

    public NdScope open() {
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
    public NdTensor empty(long... shape) {
        return empty(dtype, shape);
    }

    /** Uninitialised memory of the innermost scope. */
    public NdTensor empty(DType wanted, long... shape) {
        Size size = new Size(type(wanted), sizeClass(Math.max(1, Shapes.size(shape))));
        Deque<Block> blocks = free.get(size);
        Block block = blocks == null ? null : blocks.pollLast();
        if (block == null) {
            block = Block.allocate(size.type(), size.capacity());
            bytes += block.bytes();
        }
        innermost.add(block);
        return new NdTensor(block, 0, wanted, shape);
    }

    /** Memory outside every scope and pool, which lives as long as something refers to it. */
    public static NdTensor permanent(DType dtype, long... shape) {
        return new NdTensor(Block.allocate(type(dtype), Math.max(1, Shapes.size(shape))), 0, dtype, shape);
    }

    public void release(NdTensor tensor) {
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
        free.computeIfAbsent(new Size(block.flat.dataType(), block.capacity), c -> new ArrayDeque<>())
                .addLast(block);
    }

    /** In use and pooled. */
    public long bytes() {
        return bytes;
    }

    public void close() {
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
        bytes -= block.bytes();
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
