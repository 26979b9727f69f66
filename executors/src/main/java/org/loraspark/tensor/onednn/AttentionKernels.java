package org.loraspark.tensor.onednn;

import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Scaled dot-product attention by blocks of queries. */
final class AttentionKernels extends Kernels {
    AttentionKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    AttentionResult forward(NdTensor q, NdTensor k, NdTensor v, int heads, boolean causal) {
        throw new UnsupportedOperationException("attention");
    }

    void backward(
            NdTensor dy,
            NdTensor q,
            NdTensor k,
            NdTensor v,
            int heads,
            boolean causal,
            NdTensor dq,
            NdTensor dk,
            NdTensor dv) {
        throw new UnsupportedOperationException("attentionBackward");
    }
}
