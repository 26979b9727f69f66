package org.loraspark.tensor.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.layer_normalization_backward;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Layer norm, with statistics, scale and shift in float32. */
final class LayerNormKernels extends Kernels {
    private static final int SCALE_AND_SHIFT =
            normalization_flags.use_scale.value | normalization_flags.use_shift.value;

    LayerNormKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /** The statistics are {@code [2 * rows + 1]}: means, variances and eps. */
    NormResult forward(NdTensor x, NdTensor gamma, NdTensor beta, double eps) {
        require(gamma.size() == x.last() && beta.size() == x.last(), "layerNorm", x, gamma, beta);
        long rows = x.rows();
        NdTensor y = memory.empty(type, x.shape());
        NdTensor stats = memory.empty(DType.F32, 2 * rows + 1);
        NdTensor scale = exact(gamma);
        NdTensor shift = exact(beta);
        long mean = stats.address();
        forward(rows, x.last(), (float) eps)
                .run(x.address(), y.address(), mean, mean + rows * Float.BYTES, scale.address(), shift.address());
        NativeFloats.at(mean + 2 * rows * Float.BYTES, 1).put((float) eps);
        release(scale, gamma);
        release(shift, beta);
        return new NormResult(y, stats);
    }

    void backward(NdTensor dy, NdTensor x, NdTensor stats, NdTensor gamma, NdTensor dx, double accumulate) {
        require(gamma.size() == x.last(), "layerNormBackward", x, gamma);
        requireSame("layerNormBackward", dy, x);
        requireSame("layerNormBackward", dx, x);
        long rows = x.rows();
        NdTensor target = target(dx, accumulate);
        NdTensor scale = exact(gamma);
        NdTensor ignored = memory.empty(DType.F32, 2, x.last());
        long mean = stats.address();
        float eps = NativeFloats.at(mean + 2 * rows * Float.BYTES, 1).get();
        backward(rows, x.last(), eps)
                .run(
                        x.address(),
                        dy.address(),
                        mean,
                        mean + rows * Float.BYTES,
                        scale.address(),
                        target.address(),
                        ignored.address(),
                        ignored.address() + x.last() * Float.BYTES);
        memory.release(ignored);
        release(scale, gamma);
        settle(target, dx);
    }

    /** On x, y, mean, variance (without eps), scale and shift. */
    private Operation forward(long rows, long width, float eps) {
        return context.operation(Key.of("layerNorm", type.ordinal(), rows, width, Float.floatToIntBits(eps)), () -> {
            memory.desc x = Dnnl.dense(type, rows, width);
            layer_normalization_forward.primitive_desc pd = primitive(x, eps);
            return new Operation(context, pd, new layer_normalization_forward(pd))
                    .with(Operation.SRC, x)
                    .with(Operation.DST, x)
                    .with(Operation.MEAN, pd.mean_desc())
                    .with(Operation.VARIANCE, pd.variance_desc())
                    .with(Operation.SCALE, row(width))
                    .with(Operation.SHIFT, row(width));
        });
    }

    /** On x, dy, mean, variance (without eps), scale, dx, and the gradients of scale and shift. */
    private Operation backward(long rows, long width, float eps) {
        return context.operation(
                Key.of("layerNormBackward", type.ordinal(), rows, width, Float.floatToIntBits(eps)), () -> {
                    memory.desc x = Dnnl.dense(type, rows, width);
                    layer_normalization_backward.primitive_desc pd = new layer_normalization_backward.primitive_desc(
                            Dnnl.CPU,
                            prop_kind.backward.value,
                            x,
                            x,
                            x,
                            eps,
                            SCALE_AND_SHIFT,
                            primitive(x, eps),
                            PostOps.none().attributes(),
                            false);
                    return new Operation(context, pd, new layer_normalization_backward(pd))
                            .with(Operation.SRC, x)
                            .with(Operation.DIFF_DST, x)
                            .with(Operation.MEAN, pd.mean_desc())
                            .with(Operation.VARIANCE, pd.variance_desc())
                            .with(Operation.SCALE, row(width))
                            .with(Operation.DIFF_SRC, x)
                            .with(dnnl.DNNL_ARG_DIFF_SCALE, row(width))
                            .with(dnnl.DNNL_ARG_DIFF_SHIFT, row(width));
                });
    }

    private layer_normalization_forward.primitive_desc primitive(memory.desc x, float eps) {
        return new layer_normalization_forward.primitive_desc(
                Dnnl.CPU,
                prop_kind.forward_training.value,
                x,
                x,
                eps,
                SCALE_AND_SHIFT,
                PostOps.none().attributes(),
                false);
    }

    private static memory.desc row(long width) {
        return Dnnl.dense(DType.F32, width);
    }
}
