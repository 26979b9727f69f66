package org.loraspark.tensor.onednn;

import java.util.List;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * @param bias {@code [out]} in float32
 * @param phases for {@link UpsampleConvKernels}; empty when it is not to be used
 */
record PackedConv(
        FrozenWeight weight, NdTensor bias, long in, long out, int kernel, ConvShape shape, List<PackedConv> phases)
        implements ConvWeight {
    /** With fewer channels, other ways than oneDNN's win nothing. */
    private static final long FEW_CHANNELS = 64;

    /** Values in the blocks of oneDNN's layouts. */
    private static final long BLOCK = 16;

    /** Whether the filter keeps a picture's size, and has many channels that fill blocks. */
    boolean keepsSize(int size) {
        return kernel == size
                && shape.equals(ConvShape.same(size))
                && Math.min(in, out) >= FEW_CHANNELS
                && in % BLOCK == 0
                && out % BLOCK == 0;
    }
}
