package org.loraspark.tensor.onednn;

import org.loraspark.tensor.nd4j.NdTensor;

/** Another way to compute a convolution than oneDNN's own. */
interface ConvMethod {
    /**
     * Whether this is the way for a filter and pictures of a size. A pure function of sizes and types, so that a run that
     * is resumed repeats the same sums.
     *
     * @param x input, or output of the same height and width
     */
    boolean suits(PackedConv w, NdTensor x);

    /** y = conv(x) + residual, which may be null. */
    void forward(NdTensor x, PackedConv w, NdTensor residual, NdTensor y);

    /** dx = beta dx + the input gradient. */
    void backward(NdTensor dy, PackedConv w, NdTensor dx, double beta);
}
