package org.loraspark.tensor.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.loraspark.tensor.DType;

/** The primitives that fused attention has beside those of {@link AttentionOperations}. */
final class FusedOperations {
    /** One scale for each element of the first two dimensions. */
    private static final int BY_ROW = 3;

    private final Dnnl context;

    FusedOperations(Dnnl context) {
        this.context = context;
    }

    /** exp(scale * x kᵀ) on x, packed keys and the result. */
    Operation exponentials(AttentionShape s, memory.desc keys) {
        return context.operation(s.key("exponentials", 0), () -> exponentials(s, s.interleaved(s.run()), keys));
    }

    /** The same of {@link AttentionShape#extended} rows. */
    Operation shiftedExponentials(AttentionShape s, memory.desc columns) {
        return context.operation(s.key("shiftedExponentials", 0), () -> exponentials(s, s.extendedRows(), columns));
    }

    private Operation exponentials(AttentionShape s, memory.desc rows, memory.desc columns) {
        PostOps exp = PostOps.none().scale(s.scale()).eltwise(algorithm.eltwise_exp, 0, 0);
        return context.product(rows, columns, s.dense(s.type(), s.run(), s.keys()), exp);
    }

    /** w * (x yᵀ) of extended rows, on x, packed y, the result and w. */
    Operation weighted(AttentionShape s, memory.desc columns) {
        return context.operation(s.key("weighted", 0), () -> {
            memory.desc block = s.dense(s.type(), s.run(), s.keys());
            return context.product(
                    s.extendedRows(), columns, block, PostOps.none().multiply(block));
        });
    }

    /**
     * scale * w x in float32, on weights, packed x and the result {@code [.., run, wide]}.
     *
     * @param sum adds to what the result holds
     */
    Operation sums(AttentionShape s, memory.desc values, long wide, double scale, boolean sum) {
        return context.operation(
                s.key("sums", 4 * wide + (scale == 1 ? 2 : 0) + (sum ? 1 : 0)),
                () -> context.product(
                        s.dense(s.type(), s.run(), s.keys()),
                        values,
                        s.dense(DType.F32, s.run(), wide),
                        PostOps.none().scale(scale).accumulate(sum ? 1 : 0)));
    }

    /** Sums times one factor a row, on sums, result and factors. */
    Operation divide(AttentionShape s) {
        return context.operation(s.key("divide", 0), () -> {
            memory.desc from = s.part(DType.F32, s.run(), s.summed());
            memory.desc to = s.interleaved(s.run());
            primitive_attr attributes = PostOps.none().attributes();
            attributes.set_scales_mask(dnnl.DNNL_ARG_SRC, BY_ROW);
            reorder.primitive_desc pd = new reorder.primitive_desc(Dnnl.CPU, from, Dnnl.CPU, to, attributes, false);
            return new Operation(context, pd, new reorder(pd))
                    .with(Operation.FROM, from)
                    .with(Operation.TO, to)
                    .with(dnnl.DNNL_ARG_ATTR_SCALES | dnnl.DNNL_ARG_SRC, Dnnl.dense(DType.F32, s.rows()));
        });
    }

    /** a *= b in float32. */
    Operation multiply(long size) {
        return context.operation(Key.of("multiplyFloats", size), () -> {
            memory.desc all = Dnnl.dense(DType.F32, size);
            return context.binary(algorithm.binary_mul, all, all, all, PostOps.none());
        });
    }
}
