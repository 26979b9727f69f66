package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Activation functions and what else works element by element. */
final class ActivationKernels extends Kernels {
    enum Function {
        SILU,
        GELU,
        QUICK_GELU
    }

    ActivationKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    NdTensor forward(Function function, NdTensor x) {
        throw new UnsupportedOperationException("" + function);
    }

    void backward(Function function, NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        throw new UnsupportedOperationException(function + "Backward");
    }

    NdTensor geglu(NdTensor x) {
        throw new UnsupportedOperationException("geglu");
    }

    void gegluBackward(NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        throw new UnsupportedOperationException("gegluBackward");
    }

    /** b of a's shape, or one row for all rows of a. */
    NdTensor add(NdTensor a, NdTensor b) {
        throw new UnsupportedOperationException("add");
    }

    void axpy(double alpha, NdTensor x, NdTensor y) {
        throw new UnsupportedOperationException("axpy");
    }

    NdTensor scale(NdTensor x, double alpha) {
        throw new UnsupportedOperationException("scale");
    }

    NdTensor multiply(NdTensor a, NdTensor b) {
        throw new UnsupportedOperationException("multiply");
    }

    boolean isFinite(NdTensor x) {
        throw new UnsupportedOperationException("isFinite");
    }
}
