package org.loraspark.tensor.onednn;

import java.util.function.Supplier;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;

/**
 * The compiled primitives of group norm. It is made of oneDNN's batch norm over one sample, which takes the
 * statistics of each channel as operands: its own group norm is not compiled for the way back, and many times slower on
 * large pictures. Statistics, scale and shift are in float32, and a variance holds eps already.
 */
final class GroupNormOperations {
    private static final int SCALE = normalization_flags.use_scale.value;
    private static final int SHIFT = normalization_flags.use_shift.value;
    private static final int GIVEN = normalization_flags.use_global_stats.value;

    /** Channels that one thread sums; with less for each thread oneDNN would cut the sums, and not always alike. */
    private static final long CHANNELS_A_THREAD = 16;

    private final Dnnl context;
    private final DType type;

    GroupNormOperations(Dnnl context, DType type) {
        this.context = context;
        this.type = type;
    }

    /** On x, a result to ignore, and the mean and the variance (without eps) of each channel. */
    Operation statistics(long rows, long channels) {
        return channelwise("statistics", rows, channels, () -> {
            memory.desc x = pixels(rows, channels);
            batch_normalization_forward.primitive_desc pd = forward(prop_kind.forward_training, x, 0);
            memory.desc row = row(channels);
            return new Operation(context, pd, new batch_normalization_forward(pd))
                    .with(Operation.SRC, x)
                    .with(Operation.DST, x)
                    .with(Operation.MEAN, row)
                    .with(Operation.VARIANCE, row);
        });
    }

    /** On x, y, mean, variance, scale and shift. */
    Operation normalise(long rows, long channels) {
        return channelwise("normalise", rows, channels, () -> {
            memory.desc x = pixels(rows, channels);
            batch_normalization_forward.primitive_desc pd =
                    forward(prop_kind.forward_inference, x, SCALE | SHIFT | GIVEN);
            memory.desc row = row(channels);
            return new Operation(context, pd, new batch_normalization_forward(pd))
                    .with(Operation.SRC, x)
                    .with(Operation.DST, x)
                    .with(Operation.MEAN, row)
                    .with(Operation.VARIANCE, row)
                    .with(Operation.SCALE, row)
                    .with(Operation.SHIFT, row);
        });
    }

    /**
     * On x, dy, mean, variance, scale and three results: scale * dy / deviation (which may overwrite dy), and for each
     * channel the sum of dy * (x - mean) / deviation and the sum of dy.
     */
    Operation gradients(long rows, long channels) {
        // Without AVX-512, oneDNN's way back cuts the sums for any two threads.
        return channelwise("gradients", rows, channels, Isa.avx512() ? channels / CHANNELS_A_THREAD : 1, () -> {
            memory.desc x = pixels(rows, channels);
            int flags = SCALE | SHIFT | GIVEN;
            batch_normalization_backward.primitive_desc pd = new batch_normalization_backward.primitive_desc(
                    Dnnl.CPU,
                    prop_kind.backward.value,
                    x,
                    x,
                    x,
                    0,
                    flags,
                    forward(prop_kind.forward_training, x, flags),
                    PostOps.none().attributes(),
                    false);
            memory.desc row = row(channels);
            return new Operation(context, pd, new batch_normalization_backward(pd))
                    .with(Operation.SRC, x)
                    .with(Operation.DIFF_DST, x)
                    .with(Operation.MEAN, row)
                    .with(Operation.VARIANCE, row)
                    .with(Operation.SCALE, row)
                    .with(Operation.DIFF_SRC, x)
                    .with(dnnl.DNNL_ARG_DIFF_SCALE, row)
                    .with(dnnl.DNNL_ARG_DIFF_SHIFT, row);
        });
    }

    /** y += x * slope + shift, on x, slope, y and shift; with {@code more}, y += that too, as the last operand. */
    Operation correct(long rows, long channels, boolean more) {
        return context.operation(Key.of("correct", type.ordinal(), rows, channels, more ? 1 : 0), () -> {
            memory.desc x = pixels(rows, channels);
            memory.desc row = Dnnl.channelsLast(DType.F32, 1, channels, 1, 1);
            PostOps postOps = PostOps.none().add(row);
            return context.binary(
                    algorithm.binary_mul, x, row, x, more ? postOps.add(x).sum() : postOps.sum());
        });
    }

    private Operation channelwise(String kind, long rows, long channels, Supplier<Operation> compile) {
        return channelwise(kind, rows, channels, channels / CHANNELS_A_THREAD, compile);
    }

    private Operation channelwise(String kind, long rows, long channels, long threads, Supplier<Operation> compile) {
        return context.operation(Key.of(kind, type.ordinal(), rows, channels), () -> Isa.withThreads(threads, compile));
    }

    private batch_normalization_forward.primitive_desc forward(prop_kind kind, memory.desc x, int flags) {
        return new batch_normalization_forward.primitive_desc(
                Dnnl.CPU, kind.value, x, x, 0, flags, PostOps.none().attributes(), false);
    }

    private memory.desc pixels(long rows, long channels) {
        return Dnnl.channelsLast(type, 1, channels, rows, 1);
    }

    private static memory.desc row(long channels) {
        return Dnnl.dense(DType.F32, channels);
    }
}
