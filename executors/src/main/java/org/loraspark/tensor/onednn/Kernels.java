package org.loraspark.tensor.onednn;

import java.util.Arrays;
import java.util.function.Function;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.KernelChecks;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** What all kernels share: oneDNN, memory, and argument checks. */
abstract class Kernels extends KernelChecks {
    final Dnnl context;
    final Memory memory;

    /** Type of activations. */
    final DType type;

    Kernels(Dnnl context, Memory memory, DType type) {
        this.context = context;
        this.memory = memory;
        this.type = type;
    }

    static NdTensor nd(Tensor tensor) {
        return (NdTensor) tensor;
    }

    /**
     * The operation on a frozen weight, in the layout that the weight has for this role, or that the primitive likes best
     * when it has none or the primitive cannot work with it fast.
     *
     * @param compile makes the operation for a weight's descriptor and sets {@link Operation#weights}
     */
    final Operation weighted(
            String kind,
            FrozenWeight weight,
            FrozenWeight.Role role,
            memory.desc any,
            Function<memory.desc, Operation> compile,
            long... of) {
        return weighted(kind, weight, role, 1, any, compile, of);
    }

    /** @param rows arrays that the weight is laid out in, see {@link Layout#rows} */
    final Operation weighted(
            String kind,
            FrozenWeight weight,
            FrozenWeight.Role role,
            int rows,
            memory.desc any,
            Function<memory.desc, Operation> compile,
            long... of) {
        long[] numbers = and(of, weight.type().ordinal());
        Layout present = weight.layout(role, rows);
        if (present == null) {
            Operation operation = context.operation(Key.of(kind, numbers), () -> compile.apply(any));
            context.alias(Key.of(kind, and(numbers, operation.weights().id())), operation);
            return operation;
        }
        return context.operation(Key.of(kind, and(numbers, present.id())), () -> {
            try {
                Operation operation = compile.apply(present.desc());
                if (!operation.isReference() || weight.type() != type) {
                    return operation;
                }
                operation.close();
            } catch (RuntimeException unsupported) {
                if (weight.type() != type) {
                    // Blocked layouts of such weights are not to be trusted, see HalfProducts.
                    throw unsupported;
                }
            }
            return compile.apply(any);
        });
    }

    /** y += x, of the same size. */
    final void accumulate(NdTensor x, NdTensor y) {
        sum(x.size(), y.dtype(), x.dtype()).run(y.address(), x.address(), y.address());
    }

    /** On a, b and a + b, which may be a; of a's type. */
    final Operation sum(long size, DType a, DType b) {
        return context.operation(Key.of("sum", size, a.ordinal(), b.ordinal()), () -> {
            memory.desc values = Dnnl.dense(a, size);
            return context.binary(algorithm.binary_add, values, Dnnl.dense(b, size), values, PostOps.none());
        });
    }

    /** On x, one row for all rows of x, and the sum. */
    final Operation addRow(DType dtype, long rows, long width, DType row) {
        return context.operation(Key.of("addRow", rows, width, dtype.ordinal(), row.ordinal()), () -> {
            memory.desc values = Dnnl.channelsLast(dtype, 1, width, rows, 1);
            memory.desc one = Dnnl.channelsLast(row, 1, width, 1, 1);
            return context.binary(algorithm.binary_add, values, one, values, PostOps.none());
        });
    }

    /** Copies or adds rows of {@code width} values between rows of {@code from} and of {@code to} values. */
    final Operation window(DType dtype, long rows, long width, long from, long to, double beta) {
        if (beta == 0 && dtype.bytes() == 2 && width % 2 == 0 && from % 2 == 0 && to % 2 == 0) {
            // A copy does not look at the values, and moves pairs of them faster.
            return window(DType.F32, rows, width / 2, from / 2, to / 2, 0);
        }
        return context.operation(Key.of("window", dtype.ordinal(), rows, width, from, to, (long) beta), () -> {
            long[] dims = {rows, width};
            return context.reorder(
                    Dnnl.strided(dtype, dims, new long[] {from, 1}),
                    Dnnl.strided(dtype, dims, new long[] {to, 1}),
                    PostOps.none().accumulate(beta));
        });
    }

    /** Where a gradient is to be computed: in {@code dx} itself, or beside it when it must be added. */
    final NdTensor target(NdTensor dx, double beta) {
        requireZeroOrOne(beta);
        return beta == 0 ? dx : memory.empty(dx.dtype(), dx.shape());
    }

    /** Adds what was computed beside {@code dx}. */
    final void settle(NdTensor target, NdTensor dx) {
        if (target != dx) {
            accumulate(target, dx);
            memory.release(target);
        }
    }

    /** Copies between types. */
    final void convert(NdTensor from, NdTensor to) {
        context.operation(
                        Key.of(
                                "convert",
                                from.size(),
                                from.dtype().ordinal(),
                                to.dtype().ordinal()),
                        () -> context.reorder(
                                Dnnl.dense(from.dtype(), from.size()),
                                Dnnl.dense(to.dtype(), from.size()),
                                PostOps.none()))
                .run(from.address(), to.address());
    }

    /** The values in float32: the tensor itself, or a copy to {@link #release}. */
    final NdTensor exact(NdTensor x) {
        if (x.dtype() == DType.F32) {
            return x;
        }
        NdTensor exact = memory.empty(DType.F32, x.shape());
        convert(x, exact);
        return exact;
    }

    final void release(NdTensor copy, NdTensor original) {
        if (copy != original) {
            memory.release(copy);
        }
    }

    private static long[] and(long[] numbers, long last) {
        long[] more = Arrays.copyOf(numbers, numbers.length + 1);
        more[numbers.length] = last;
        return more;
    }
}
