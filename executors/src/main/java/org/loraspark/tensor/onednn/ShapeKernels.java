package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Kernels that move values, and the sums that take such a move back. */
final class ShapeKernels extends Kernels {
    ShapeKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    NdTensor upsample(NdTensor x, long height, long width) {
        throw new UnsupportedOperationException("upsample");
    }

    void upsampleBackward(NdTensor dy, NdTensor dx, double beta) {
        throw new UnsupportedOperationException("upsampleBackward");
    }

    NdTensor concat(NdTensor a, NdTensor b) {
        throw new UnsupportedOperationException("concat");
    }

    void columns(NdTensor x, long offset, NdTensor dx, double beta) {
        throw new UnsupportedOperationException("columns");
    }

    NdTensor embedding(int[] ids, NdTensor table) {
        throw new UnsupportedOperationException("embedding");
    }

    NdTensor addPerSample(NdTensor x, NdTensor rows) {
        throw new UnsupportedOperationException("addPerSample");
    }

    void addPerSampleBackward(NdTensor dy, NdTensor drows, double beta) {
        throw new UnsupportedOperationException("addPerSampleBackward");
    }
}
