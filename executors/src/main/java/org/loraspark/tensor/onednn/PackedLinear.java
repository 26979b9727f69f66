package org.loraspark.tensor.onednn;

import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.nd4j.NdTensor;

/** @param bias {@code [out]} in float32, or null */
record PackedLinear(FrozenWeight weight, NdTensor bias, long in, long out) implements LinearWeight {}
