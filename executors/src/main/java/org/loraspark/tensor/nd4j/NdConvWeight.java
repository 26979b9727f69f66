package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** @param filter {@code [kernel, kernel, in, out]}; the transposed convolution of the input gradient reads the same */
record NdConvWeight(INDArray filter, INDArray bias, ConvShape shape) implements ConvWeight {
    @Override
    public long in() {
        return filter.size(2);
    }

    @Override
    public long out() {
        return filter.size(3);
    }

    @Override
    public int kernel() {
        return (int) filter.size(0);
    }

    boolean padsEvenly() {
        return shape.padTop() == shape.padBottom() && shape.padLeft() == shape.padRight();
    }
}
