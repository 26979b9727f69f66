package org.loraspark.tensor.onednn;

import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;

/** x * sigmoid(a x) and x * Phi(x), compiled for a number of values. */
enum Activation {
    SILU(algorithm.eltwise_swish, 1),
    QUICK_GELU(algorithm.eltwise_swish, 1.702f),
    GELU(algorithm.eltwise_gelu_erf, 0);

    private final algorithm kind;
    private final float alpha;

    Activation(algorithm kind, float alpha) {
        this.kind = kind;
        this.alpha = alpha;
    }

    /** On x and y, which may be the same. */
    Operation forward(Dnnl context, DType type, long size) {
        return context.operation(Key.of("activation", ordinal(), type.ordinal(), size), () -> {
            memory.desc values = Dnnl.dense(type, size);
            eltwise_forward.primitive_desc pd = primitive(prop_kind.forward_inference, values);
            return new Operation(context, pd, new eltwise_forward(pd))
                    .with(Operation.SRC, values)
                    .with(Operation.DST, values);
        });
    }

    /** On x, dy and dx; the last two may be the same. */
    Operation backward(Dnnl context, DType type, long size) {
        return context.operation(Key.of("activationBackward", ordinal(), type.ordinal(), size), () -> {
            memory.desc values = Dnnl.dense(type, size);
            eltwise_backward.primitive_desc pd = new eltwise_backward.primitive_desc(
                    Dnnl.CPU,
                    kind,
                    values,
                    values,
                    values,
                    alpha,
                    0,
                    primitive(prop_kind.forward_training, values),
                    PostOps.none().attributes(),
                    false);
            return new Operation(context, pd, new eltwise_backward(pd))
                    .with(Operation.SRC, values)
                    .with(Operation.DIFF_DST, values)
                    .with(Operation.DIFF_SRC, values);
        });
    }

    private eltwise_forward.primitive_desc primitive(prop_kind direction, memory.desc values) {
        return new eltwise_forward.primitive_desc(
                Dnnl.CPU,
                direction,
                kind,
                values,
                values,
                alpha,
                0,
                PostOps.none().attributes(),
                false);
    }
}
