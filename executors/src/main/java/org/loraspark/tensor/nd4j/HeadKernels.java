package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.HeadWeight;
import org.loraspark.tensor.Shapes;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Products with a matrix for each head, all heads at once; they lie interleaved in {@code [rows, heads * width]}. */
final class HeadKernels extends Kernels {
    HeadKernels(Memory memory, Constants constants) {
        super(memory, constants);
    }

    NdTensor linear(NdTensor x, HeadWeight weight) {
        NdTensor w = matrices("headLinear", x, weight, weight.in());
        NdTensor y = empty(Shapes.withLast(x.shape(), weight.heads() * weight.width()));
        INDArray to = heads(y, weight, 0, weight.width());
        eachPart(weight.in(), LONGEST_BATCHED_SUM, (first, count) -> {
            INDArray right = part(w, first, weight.width(), count);
            Ops.matmul(heads(x, weight, first, count), false, right, true, to, 1, first == 0 ? 0 : 1);
        });
        return y;
    }

    NdTensor transposed(NdTensor x, HeadWeight weight, double alpha) {
        NdTensor w = matrices("headLinearTransposed", x, weight, weight.width());
        NdTensor y = empty(Shapes.withLast(x.shape(), weight.heads() * weight.in()));
        INDArray to = heads(y, weight, 0, weight.in());
        eachPart(weight.width(), LONGEST_BATCHED_SUM, (first, count) -> {
            INDArray right = part(w, first * weight.in(), count, weight.in());
            Ops.matmul(heads(x, weight, first, count), false, right, false, to, alpha, first == 0 ? 0 : 1);
        });
        return y;
    }

    /** Some rows and columns of each head's matrix: {@code [1, heads, rows, columns]}. */
    private static INDArray part(NdTensor w, long from, long rows, long columns) {
        long in = w.dim(2);
        return w.strided(from, new long[] {1, w.dim(0), rows, columns}, new long[] {w.size(), w.dim(1) * in, in, 1});
    }

    /** Some columns of each head: {@code [1, heads, rows, count]}. */
    private static INDArray heads(NdTensor x, HeadWeight w, long first, long count) {
        long each = x.last() / w.heads();
        return x.strided(first, new long[] {1, w.heads(), x.rows(), count}, new long[] {x.size(), each, x.last(), 1});
    }

    private static NdTensor matrices(String kernel, NdTensor x, HeadWeight weight, long each) {
        NdTensor w = ((NdHeadWeight) weight).matrices();
        require(x.last() == weight.heads() * each, kernel, x, w);
        return w;
    }
}
