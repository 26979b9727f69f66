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
        eachPart(weight.in(), (first, count) -> {
            INDArray right = w.strided(first, new long[] {1, weight.heads(), weight.width(), count}, new long[] {
                w.size(), weight.width() * weight.in(), weight.in(), 1
            });
            Ops.matmul(heads(x, weight, first, count), false, right, true, to, 1, first == 0 ? 0 : 1);
        });
        return y;
    }

    NdTensor transposed(NdTensor x, HeadWeight weight, double alpha) {
        NdTensor w = matrices("headLinearTransposed", x, weight, weight.width());
        NdTensor y = empty(Shapes.withLast(x.shape(), weight.heads() * weight.in()));
        INDArray to = heads(y, weight, 0, weight.in());
        eachPart(weight.width(), (first, count) -> {
            INDArray right =
                    w.strided(first * weight.in(), new long[] {1, weight.heads(), count, weight.in()}, new long[] {
                        w.size(), weight.width() * weight.in(), weight.in(), 1
                    });
            Ops.matmul(heads(x, weight, first, count), false, right, false, to, alpha, first == 0 ? 0 : 1);
        });
        return y;
    }

    private interface Part {
        void sum(long first, long count);
    }

    /** Parts of a sum that ND4J does not cut. */
    private static void eachPart(long terms, Part part) {
        for (long first = 0; first < terms; first += AttentionKernels.LONGEST_SUM) {
            part.sum(first, Math.min(AttentionKernels.LONGEST_SUM, terms - first));
        }
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
