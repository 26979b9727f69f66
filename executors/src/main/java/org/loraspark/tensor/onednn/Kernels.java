package org.loraspark.tensor.onednn;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** What all kernels share: oneDNN, memory, and argument checks. */
abstract class Kernels {
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
     * when it has none or the primitive cannot work with it.
     *
     * @param compile makes the operation for a weight's descriptor and sets {@link Operation#weights}
     */
    final Operation weighted(
            String kind,
            FrozenWeight weight,
            FrozenWeight.Role role,
            memory.desc any,
            Function<memory.desc, Operation> compile,
            long... numbers) {
        Layout present = weight.layout(role);
        if (present == null) {
            Operation operation = context.operation(Key.of(kind, numbers), () -> compile.apply(any));
            context.alias(Key.of(kind, and(numbers, operation.weights().id())), operation);
            return operation;
        }
        return context.operation(Key.of(kind, and(numbers, present.id())), () -> {
            try {
                return compile.apply(present.desc());
            } catch (RuntimeException unsupported) {
                return compile.apply(any);
            }
        });
    }

    /** y += x, of the same size. */
    final void accumulate(NdTensor x, NdTensor y) {
        context.operation(
                        Key.of(
                                "accumulate",
                                x.size(),
                                x.dtype().ordinal(),
                                y.dtype().ordinal()),
                        () -> context.reorder(
                                Dnnl.dense(x.dtype(), x.size()),
                                Dnnl.dense(y.dtype(), x.size()),
                                PostOps.none().sum()))
                .run(x.address(), y.address());
    }

    private static long[] and(long[] numbers, long last) {
        long[] more = Arrays.copyOf(numbers, numbers.length + 1);
        more[numbers.length] = last;
        return more;
    }

    static void require(boolean fits, String kernel, Tensor... operands) {
        if (!fits) {
            throw new IllegalArgumentException(kernel + ": the shapes do not fit: "
                    + Stream.of(operands).map(t -> Shapes.toString(t.shape())).collect(Collectors.joining(", ")));
        }
    }

    static void requireSame(String kernel, Tensor a, Tensor b) {
        require(Arrays.equals(a.shape(), b.shape()), kernel, a, b);
    }
}
