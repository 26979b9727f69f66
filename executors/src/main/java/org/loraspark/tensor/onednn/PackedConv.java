package org.loraspark.tensor.onednn;

import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.nd4j.NdTensor;

/** @param bias {@code [out]} in float32 */
record PackedConv(FrozenWeight weight, NdTensor bias, long in, long out, int kernel, ConvShape shape)
        implements ConvWeight {}
