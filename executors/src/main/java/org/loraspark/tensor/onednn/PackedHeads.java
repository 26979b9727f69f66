package org.loraspark.tensor.onednn;

import org.loraspark.tensor.HeadWeight;

/** @param weight seen as {@code [heads, in, width]} forward and as {@code [heads, width, in]} backward */
record PackedHeads(FrozenWeight weight, int heads, long width, long in) implements HeadWeight {}
