package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Group and layer normalisation, with statistics, scale and shift in float32. */
final class NormKernels extends Kernels {
    NormKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    NormResult group(NdTensor x, int groups, NdTensor gamma, NdTensor beta, double eps, boolean silu) {
        throw new UnsupportedOperationException("groupNorm");
    }

    void groupBackward(
            NdTensor dy, NdTensor x, NdTensor stats, int groups, NdTensor gamma, NdTensor dx, double accumulate) {
        throw new UnsupportedOperationException("groupNormBackward");
    }

    void groupSiluBackward(
            NdTensor dy,
            NdTensor x,
            NdTensor stats,
            int groups,
            NdTensor gamma,
            NdTensor beta,
            double eps,
            NdTensor dx,
            double accumulate) {
        throw new UnsupportedOperationException("groupNormSiluBackward");
    }

    NormResult layer(NdTensor x, NdTensor gamma, NdTensor beta, double eps) {
        throw new UnsupportedOperationException("layerNorm");
    }

    void layerBackward(NdTensor dy, NdTensor x, NdTensor stats, NdTensor gamma, NdTensor dx, double accumulate) {
        throw new UnsupportedOperationException("layerNormBackward");
    }
}
