package org.loraspark.tensor.onednn;

import java.util.function.Function;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.KeyValues;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionPass.Packed;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/**
 * softmax(q kᵀ / sqrt(width)) v for keys and values that are packed once and read many times. With few queries the time is
 * that of reading them; where they lie in {@code [batch, keys, dim]} a product first copies them, which takes thrice as
 * long. Each sample alone, so that nothing depends on the others.
 */
final class PackedAttention extends Kernels {
    private final AttentionOperations operations;

    PackedAttention(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
        operations = new AttentionOperations(context);
    }

    /** How {@link AttentionPass} packs a sample. */
    private interface Packing {
        void pack(AttentionPass pass, NdTensor x, Corner sample, Packed to);
    }

    Tensor packKeys(NdTensor k, int heads) {
        return pack("packKeys", k, heads, this::keyLayout, AttentionPass::packColumns);
    }

    Tensor packValues(NdTensor v, int heads) {
        return pack("packValues", v, heads, this::valueLayout, AttentionPass::packRows);
    }

    /** @return {@code [batch, n]}, or x when heads do not fill registers */
    private Tensor pack(
            String kernel, NdTensor x, int heads, Function<AttentionShape, memory.desc> layoutFor, Packing packing) {
        require(x.shape().length == 3 && heads > 0 && x.last() % heads == 0, kernel + " with " + heads + " heads", x);
        if (!AttentionShape.fillsRegisters(x.last(), heads)) {
            return x;
        }
        AttentionShape s = shape(heads, x.last(), 1, x.dim(1));
        memory.desc layout = layoutFor.apply(s);
        long size = (layout.get_size() + type.bytes() - 1) / type.bytes();
        NdTensor packed = memory.empty(x.dim(0), size);
        try (AttentionPass pass = new AttentionPass(context, memory, s)) {
            for (long sample = 0; sample < x.dim(0); sample++) {
                packing.pack(pass, x, new Corner(sample, 0, 0), new Packed(layout, packed.slice(sample * size, size)));
            }
        }
        return packed;
    }

    NdTensor attend(NdTensor q, KeyValues to) {
        NdTensor keys = nd(to.keys());
        NdTensor values = nd(to.values());
        boolean fits = q.shape().length == 3 && q.dim(0) == keys.dim(0) && q.dim(0) == values.dim(0);
        require(fits, "attention to packed keys and values", q, keys, values);
        AttentionShape one = shape(to.heads(), q.last(), 1, to.tokens());
        AttentionShape s = shape(to.heads(), q.last(), q.dim(1), to.tokens());
        Operation multiply = scores(s, keyLayout(one));
        Operation softmax = operations.softmax(s, type);
        Operation weigh = weigh(s, valueLayout(one));
        NdTensor y = memory.empty(q.shape());
        NdTensor scores = memory.empty(DType.F32, s.scores());
        NdTensor p = type == DType.F32 ? scores : memory.empty(type, s.scores());
        for (long sample = 0; sample < q.dim(0); sample++) {
            multiply.run(address(q, sample), address(keys, sample), scores.address());
            softmax.run(scores.address(), p.address());
            weigh.run(p.address(), address(values, sample), address(y, sample));
        }
        memory.release(scores);
        release(p, scores);
        return y;
    }

    private AttentionShape shape(int heads, long dim, long queries, long keys) {
        return new AttentionShape(type, heads, dim / heads, dim, queries, keys, queries);
    }

    /** The layout that one query asks for; more are multiplied with the same. */
    private memory.desc keyLayout(AttentionShape one) {
        return scores(one, one.any(one.width(), one.keys())).weights().desc();
    }

    private memory.desc valueLayout(AttentionShape one) {
        return weigh(one, one.any(one.keys(), one.width())).weights().desc();
    }

    private Operation scores(AttentionShape s, memory.desc keys) {
        return context.operation(
                s.key("packedScores", 0),
                () -> context.product(
                        s.interleaved(s.run()),
                        keys,
                        s.dense(DType.F32, s.run(), s.keys()),
                        PostOps.none().scale(s.scale())));
    }

    private Operation weigh(AttentionShape s, memory.desc values) {
        return context.operation(
                s.key("packedWeigh", 0),
                () -> context.product(
                        s.dense(type, s.run(), s.keys()), values, s.interleaved(s.run()), PostOps.none()));
    }

    private static long address(NdTensor x, long sample) {
        return x.address() + sample * (x.size() / x.dim(0)) * x.dtype().bytes();
    }
}
