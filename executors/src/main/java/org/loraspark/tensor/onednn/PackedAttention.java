package org.loraspark.tensor.onednn;

import java.util.function.Supplier;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.KeyValues;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * softmax(q kᵀ / sqrt(width)) v for keys and values that are packed once and read many times. With few queries the time is
 * that of reading them; where they lie in {@code [batch, keys, dim]} a product first copies them, which takes thrice as
 * long. Each sample alone, so that nothing depends on the others.
 */
final class PackedAttention extends Kernels {
    /** Values in a vector register; products of other widths fall to a slower path. */
    private static final long LANES = 16;

    private final AttentionOperations operations;

    PackedAttention(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
        operations = new AttentionOperations(context);
    }

    /** Whether keys and values of such heads are packed; others stay as they are. */
    static boolean packs(long dim, int heads) {
        return dim % (heads * LANES) == 0;
    }

    /** @return {@code [batch, n]} */
    Tensor packKeys(NdTensor k, int heads) {
        requireHeads("packKeys", k, heads);
        if (!packs(k.last(), heads)) {
            return k;
        }
        AttentionShape s = shape(heads, k.last(), 1, k.dim(1));
        memory.desc layout = keyLayout(s);
        NdTensor packed = room(k, layout);
        Operation pack = operations.reorder(s.key("packKeys", 0), () -> s.upright(s.keys()), () -> layout);
        for (long sample = 0; sample < k.dim(0); sample++) {
            pack.run(address(k, sample), address(packed, sample));
        }
        return packed;
    }

    /** @return {@code [batch, n]} */
    Tensor packValues(NdTensor v, int heads) {
        requireHeads("packValues", v, heads);
        if (!packs(v.last(), heads)) {
            return v;
        }
        AttentionShape s = shape(heads, v.last(), 1, v.dim(1));
        memory.desc layout = valueLayout(s);
        NdTensor packed = room(v, layout);
        // In two steps: oneDNN is slow at packing strided rows, and quick at gathering rows and at packing dense ones.
        Supplier<memory.desc> rows = () -> s.dense(type, s.keys(), s.width());
        NdTensor gathered = memory.empty(v.size() / v.dim(0));
        Operation gather = operations.reorder(s.key("gatherValues", 0), () -> s.interleaved(s.keys()), rows);
        Operation pack = operations.reorder(s.key("packValues", 0), rows, () -> layout);
        for (long sample = 0; sample < v.dim(0); sample++) {
            gather.run(address(v, sample), gathered.address());
            pack.run(gathered.address(), address(packed, sample));
        }
        memory.release(gathered);
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

    private NdTensor room(NdTensor x, memory.desc layout) {
        return memory.empty(x.dim(0), (layout.get_size() + type.bytes() - 1) / type.bytes());
    }

    private static long address(NdTensor x, long sample) {
        return x.address() + sample * (x.size() / x.dim(0)) * x.dtype().bytes();
    }

    private static void requireHeads(String kernel, NdTensor x, int heads) {
        require(x.shape().length == 3 && heads > 0 && x.last() % heads == 0, kernel + " with " + heads + " heads", x);
    }
}
