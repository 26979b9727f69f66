package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.HeadWeight;

/** @param matrices {@code [heads, width, in]}, the order of the file */
record NdHeadWeight(NdTensor matrices) implements HeadWeight {
    @Override
    public int heads() {
        return Math.toIntExact(matrices.dim(0));
    }

    @Override
    public long width() {
        return matrices.dim(1);
    }

    @Override
    public long in() {
        return matrices.dim(2);
    }
}
