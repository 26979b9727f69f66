package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;

/** Matrix products. */
final class MatrixKernels extends Kernels {
    MatrixKernels(Memory memory, Constants constants) {
        super(memory, constants);
    }

    void gemm(NdTensor a, boolean transposeA, NdTensor b, boolean transposeB, NdTensor c, double alpha, double beta) {
        boolean matrices = a.shape().length == 2 && b.shape().length == 2 && c.shape().length == 2;
        require(
                matrices
                        && a.dim(transposeA ? 1 : 0) == c.dim(0)
                        && b.dim(transposeB ? 0 : 1) == c.dim(1)
                        && a.dim(transposeA ? 0 : 1) == b.dim(transposeB ? 1 : 0),
                "gemm",
                a,
                b,
                c);
        product(a, transposeA, b, transposeB, c, alpha, beta);
    }

    NdTensor linear(NdTensor x, LinearWeight weight) {
        NdLinearWeight w = (NdLinearWeight) weight;
        if (x.last() != w.in()) {
            throw misfit("linear", x, w);
        }
        NdTensor y = empty(Shapes.withLast(x.shape(), w.out()));
        // ND4J's own product with bias takes up to ten times as long when shapes alternate, as they do in a model.
        product(rows(x), false, w.matrix(), false, rows(y), 1, 0);
        if (w.bias() != null) {
            Ops.broadcast("biasadd", y.matrix(), w.bias(), y.matrix());
        }
        return y;
    }

    void linearBackward(NdTensor dy, LinearWeight weight, NdTensor dx, double beta) {
        NdLinearWeight w = (NdLinearWeight) weight;
        if (dy.last() != w.out() || dx.last() != w.in() || dy.rows() != dx.rows()) {
            throw misfit("linearBackward", dy, w);
        }
        product(rows(dy), false, w.matrix(), true, rows(dx), 1, beta);
    }

    private static NdTensor rows(NdTensor x) {
        return x.reshape(x.rows(), x.last());
    }

    private static IllegalArgumentException misfit(String kernel, Tensor x, NdLinearWeight w) {
        return new IllegalArgumentException(kernel + ": " + Shapes.toString(x.shape()) + " does not fit a weight of "
                + w.in() + " inputs and " + w.out() + " outputs");
    }
}
