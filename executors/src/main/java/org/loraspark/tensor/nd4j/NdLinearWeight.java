package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.LinearWeight;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * @param matrix {@code [in, out]}: the forward product reads it as it is, the input gradient transposed
 * @param bias {@code [out]}, or null
 */
record NdLinearWeight(NdTensor matrix, INDArray bias) implements LinearWeight {
    @Override
    public long in() {
        return matrix.dim(0);
    }

    @Override
    public long out() {
        return matrix.dim(1);
    }
}
