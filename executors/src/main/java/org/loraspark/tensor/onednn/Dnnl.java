package org.loraspark.tensor.onednn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reduction;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;

/**
 * oneDNN as one engine uses it: its compiled operations by shape, and the scratchpad that they share. Compiling costs
 * milliseconds, running one microseconds. Used by one thread at a time.
 */
final class Dnnl implements AutoCloseable {
    static final engine CPU = new engine(engine.kind.cpu, 0);

    /** A training step of SD1.5 has about 500; this many resolutions of it can take turns. */
    private static final int MOST_OPERATIONS = 8192;

    private final stream stream = new stream(CPU);
    final dnnl_stream streamHandle = stream.get();
    private final Map<Key, Operation> operations = new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Operation> eldest) {
            boolean full = size() > MOST_OPERATIONS;
            if (full) {
                eldest.getValue().close();
            }
            return full;
        }
    };
    private final Halves halves = new Halves(this);
    private final Scratch scratch = new Scratch();
    private final Scratch turned = new Scratch();
    private final Scratch workspace = new Scratch();

    /** The operation of a key, compiled at its first use. */
    Operation operation(Key key, Supplier<Operation> compile) {
        Operation known = operations.get(key);
        if (known == null) {
            known = compile.get();
            operations.put(key, known);
        }
        return known;
    }

    /** The same operation under a second key. */
    void alias(Key key, Operation operation) {
        operations.putIfAbsent(key, operation);
    }

    static memory.data_type type(DType dtype) {
        return switch (dtype) {
            case F32 -> memory.data_type.f32;
            case BF16 -> memory.data_type.bf16;
            case F16 -> memory.data_type.f16;
            case I32 -> memory.data_type.s32;
            default -> throw new IllegalArgumentException("oneDNN has no " + dtype);
        };
    }

    /** Row-major. */
    static memory.desc dense(DType dtype, long... dims) {
        return new memory.desc(dims, type(dtype), Shapes.rowMajor(dims));
    }

    /** @param strides in elements */
    static memory.desc strided(DType dtype, long[] dims, long[] strides) {
        return new memory.desc(dims, type(dtype), strides);
    }

    /** The layout is the primitive's to choose. */
    static memory.desc any(DType dtype, long... dims) {
        return new memory.desc(dims, type(dtype), memory.format_tag.any);
    }

    /** {@code [n, channels, height, width]} as oneDNN names it, channels last in memory. */
    static memory.desc channelsLast(DType dtype, long n, long channels, long height, long width) {
        return new memory.desc(new long[] {n, channels, height, width}, type(dtype), memory.format_tag.acdb);
    }

    /** A copy between two layouts or types of the same dimensions. */
    Operation reorder(memory.desc from, memory.desc to, PostOps postOps) {
        reorder.primitive_desc pd = new reorder.primitive_desc(CPU, from, CPU, to, postOps.attributes(), false);
        return new Operation(this, pd, new reorder(pd))
                .with(Operation.FROM, from)
                .with(Operation.TO, to)
                .with(postOps);
    }

    /** Element by element, on a, b, the result and the post-ops' operands; dimensions of one repeat in b. */
    Operation binary(algorithm kind, memory.desc a, memory.desc b, memory.desc result, PostOps postOps) {
        binary.primitive_desc pd = new binary.primitive_desc(CPU, kind, a, b, result, postOps.attributes(), false);
        return new Operation(this, pd, new binary(pd))
                .with(Operation.SRC, a)
                .with(Operation.SRC_1, b)
                .with(Operation.DST, result)
                .with(postOps);
    }

    /** Matrices times matrices, on left, right, the result and the post-ops' operands. */
    Operation product(memory.desc left, memory.desc right, memory.desc result, PostOps postOps) {
        matmul.primitive_desc pd = new matmul.primitive_desc(CPU, left, right, result, postOps.attributes(), false);
        return product(left, result, pd).with(postOps);
    }

    /** The same plus a bias, which comes after the result. */
    Operation product(memory.desc left, memory.desc right, memory.desc bias, memory.desc result, PostOps postOps) {
        matmul.primitive_desc pd =
                new matmul.primitive_desc(CPU, left, right, bias, result, postOps.attributes(), false);
        return product(left, result, pd).with(Operation.BIAS, bias).with(postOps);
    }

    /** Gives the same bits for any number of threads. */
    private Operation product(memory.desc left, memory.desc result, matmul.primitive_desc pd) {
        Operation product = new Operation(this, pd, new matmul(pd))
                .with(Operation.SRC, left)
                .with(Operation.WEIGHTS, pd.weights_desc())
                .with(Operation.DST, result)
                .weights(pd.weights_desc());
        return product.sharesSums() && rows(left) == 1 ? product.alone() : product;
    }

    private static long rows(memory.desc matrices) {
        return matrices.get_dims().get(matrices.get_ndims() - 2);
    }

    /** The sum of each of {@code rows} rows, in float32, on both. */
    Operation rowSums(DType dtype, long rows, long width) {
        return operation(Key.of("rowSums", dtype.ordinal(), rows, width), () -> {
            memory.desc from = dense(dtype, rows, width);
            memory.desc to = dense(DType.F32, rows, 1);
            reduction.primitive_desc pd = new reduction.primitive_desc(
                    CPU, algorithm.reduction_sum, from, to, 0, 0, PostOps.none().attributes(), false);
            return new Operation(this, pd, new reduction(pd))
                    .with(Operation.SRC, from)
                    .with(Operation.DST, to);
        });
    }

    /** At least so many bytes that the next operation may overwrite. */
    long scratch(long bytes) {
        return scratch.atLeast(bytes);
    }

    /** At least so many bytes for what kernels compute on the way, until the next call. */
    long workspace(long bytes) {
        return workspace.atLeast(bytes);
    }

    /** A weight in another layout of as many rows, until the next call. */
    long turned(long from, Layout layout, Layout to) {
        long target = turned.atLeast(to.bytes());
        Operation turn = operation(
                Key.of("turned", layout.id(), to.id()), () -> reorder(layout.desc(), to.desc(), PostOps.none()));
        for (int row = 0; row < to.rows(); row++) {
            turn.run(from + row * layout.rowBytes(), target + row * to.rowBytes());
        }
        return target;
    }

    Halves halves() {
        return halves;
    }

    long scratchBytes() {
        return scratch.bytes() + turned.bytes() + workspace.bytes() + halves.bytes();
    }

    @Override
    public void close() {
        operations.values().forEach(Operation::close);
        operations.clear();
        scratch.close();
        turned.close();
        workspace.close();
        halves.close();
        stream.close();
    }
}
