package org.loraspark.tensor.onednn;

import java.util.function.Supplier;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;
import org.loraspark.tensor.DType;

/** The compiled primitives that attention is a chain of, for one {@link AttentionShape}. */
final class AttentionOperations {
    private static final int LAST_OF_TWO = 1;

    private final Dnnl context;

    AttentionOperations(Dnnl context) {
        this.context = context;
    }

    /**
     * scale * x kᵀ in float32, on x, packed keys and the result.
     *
     * @param sum adds to what the result holds
     * @param keys layout of the packed keys
     */
    Operation scores(AttentionShape s, double scale, boolean sum, memory.desc keys) {
        long flag = (scale == 1 ? 1 : 0) + (sum ? 2 : 0);
        return context.operation(
                s.key("scores", flag),
                () -> context.product(
                        s.interleaved(s.run()),
                        keys,
                        s.dense(DType.F32, s.run(), s.keys()),
                        PostOps.none().scale(scale).accumulate(sum ? 1 : 0)));
    }

    /** scale * w x over all keys, on weights, packed x and the result {@code [.., run, padded]}. */
    Operation weigh(AttentionShape s, double scale, memory.desc values) {
        return context.operation(
                s.key("weigh", scale == 1 ? 1 : 0),
                () -> context.product(
                        s.dense(s.type(), s.run(), s.keys()),
                        values,
                        s.padded() == s.width() ? s.interleaved(s.run()) : s.dense(s.type(), s.run(), s.padded()),
                        PostOps.none().scale(scale)));
    }

    /** scale * xᵀ w over the run, on x, weights and the result {@code [.., width, keys]} in float32. */
    Operation gather(AttentionShape s, double scale, boolean sum) {
        return context.operation(
                s.key("gather", (scale == 1 ? 1 : 0) + (sum ? 2 : 0)),
                () -> context.product(
                        s.upright(s.run()),
                        s.dense(s.type(), s.run(), s.keys()),
                        s.dense(DType.F32, s.width(), s.keys()),
                        PostOps.none().scale(scale).accumulate(sum ? 1 : 0)));
    }

    /** Probabilities of scores, on both. */
    Operation softmax(AttentionShape s, DType result) {
        return softmax(context, s.rows(), s.keys(), result);
    }

    /** The scores' values in the compute type, on both. */
    Operation round(AttentionShape s) {
        return reorder(s.key("roundScores", 0), () -> rows(s, DType.F32), () -> rows(s, s.type()));
    }

    /** P * (dP - rowsum(P * dP)), on P and dP in float32 and the result. */
    Operation softmaxBackward(AttentionShape s) {
        return context.operation(s.key("softmaxBackward", 0), () -> {
            memory.desc exact = rows(s, DType.F32);
            memory.desc rounded = rows(s, s.type());
            softmax_backward.primitive_desc pd = new softmax_backward.primitive_desc(
                    Dnnl.CPU,
                    algorithm.softmax_accurate,
                    rounded,
                    exact,
                    exact,
                    LAST_OF_TWO,
                    softmax(exact, exact),
                    PostOps.none().attributes(),
                    false);
            return new Operation(context, pd, new softmax_backward(pd))
                    .with(Operation.DST, exact)
                    .with(Operation.DIFF_DST, exact)
                    .with(Operation.DIFF_SRC, rounded);
        });
    }

    /** A copy into another layout. */
    Operation reorder(Key key, Supplier<memory.desc> from, Supplier<memory.desc> to) {
        return context.operation(key, () -> context.reorder(from.get(), to.get(), PostOps.none()));
    }

    /** Probabilities of each row of scores {@code [rows, keys]} in float32, on both. */
    static Operation softmax(Dnnl context, long rows, long keys, DType result) {
        return context.operation(Key.of("softmax", rows, keys, result.ordinal()), () -> {
            memory.desc from = Dnnl.dense(DType.F32, rows, keys);
            memory.desc to = Dnnl.dense(result, rows, keys);
            softmax_forward.primitive_desc pd = softmax(from, to);
            return new Operation(context, pd, new softmax_forward(pd))
                    .with(Operation.SRC, from)
                    .with(Operation.DST, to);
        });
    }

    private static softmax_forward.primitive_desc softmax(memory.desc from, memory.desc to) {
        return new softmax_forward.primitive_desc(
                Dnnl.CPU,
                prop_kind.forward_training,
                algorithm.softmax_accurate,
                from,
                to,
                LAST_OF_TWO,
                PostOps.none().attributes(),
                false);
    }

    private static memory.desc rows(AttentionShape s, DType type) {
        return Dnnl.dense(type, s.heads() * s.run(), s.keys());
    }
}
