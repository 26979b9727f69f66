package org.loraspark.tensor.onednn;

import static org.loraspark.tensor.onednn.FrozenWeight.Role.BACKWARD;
import static org.loraspark.tensor.onednn.FrozenWeight.Role.FORWARD;

import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HeadWeight;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Products with a matrix for each head, all heads at once; they lie interleaved in {@code [rows, heads * width]}. */
final class HeadKernels extends Kernels {
    HeadKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    NdTensor linear(NdTensor x, HeadWeight weight) {
        PackedHeads w = (PackedHeads) weight;
        return product("headLinear", x, w, FORWARD, w.in(), w.width(), 1);
    }

    NdTensor transposed(NdTensor x, HeadWeight weight, double alpha) {
        PackedHeads w = (PackedHeads) weight;
        return product("headLinearTransposed", x, w, BACKWARD, w.width(), w.in(), alpha);
    }

    /** {@code [..., heads * from] -> [..., heads * to]}. */
    private NdTensor product(
            String kernel, NdTensor x, PackedHeads w, FrozenWeight.Role role, long from, long to, double alpha) {
        require(x.last() == w.heads() * from, kernel + " with " + w.heads() + " heads of " + from + " inputs", x);
        Operation operation = weighted(
                kernel,
                w.weight(),
                role,
                Dnnl.any(type, w.heads(), from, to),
                weights -> context.product(
                        interleaved(w, x.rows(), from),
                        weights,
                        interleaved(w, x.rows(), to),
                        PostOps.none().scale(alpha)),
                x.rows(),
                w.heads(),
                w.in(),
                w.width(),
                Double.doubleToLongBits(alpha));
        NdTensor y = memory.empty(Shapes.withLast(x.shape(), w.heads() * to));
        operation.run(x.address(), w.weight().address(role, operation.weights(), context), y.address());
        return y;
    }

    /** {@code [heads, rows, columns]} of {@code [rows, heads * columns]}. */
    private memory.desc interleaved(PackedHeads w, long rows, long columns) {
        return Dnnl.strided(type, new long[] {w.heads(), rows, columns}, new long[] {columns, w.heads() * columns, 1});
    }
}
