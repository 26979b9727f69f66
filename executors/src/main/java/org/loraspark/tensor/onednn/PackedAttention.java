package org.loraspark.tensor.onednn;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.PackedStates;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * softmax(q xᵀ) x for states that are packed once and read many times. With few queries the time is that of reading them;
 * where they lie as they came a product first copies them, which takes thrice as long. A sample's result does not depend
 * on the others.
 */
final class PackedAttention extends Kernels {
    private final Map<Sizes, Long> together = new HashMap<>();

    PackedAttention(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /** {@code samples} of so many queries that attend to so many states. */
    private record Sizes(DType type, long samples, long queries, long tokens, long dim) {
        Sizes of(long otherSamples, long otherQueries) {
            return new Sizes(type, otherSamples, otherQueries, tokens, dim);
        }

        Key key(String kind) {
            return Key.of(kind, type.ordinal(), samples, queries, tokens, dim);
        }

        memory.desc queryRows() {
            return Dnnl.dense(type, samples, queries, dim);
        }

        memory.desc scores(DType of) {
            return Dnnl.dense(of, samples, queries, tokens);
        }

        long scores() {
            return samples * queries * tokens;
        }
    }

    /** @param x {@code [batch, tokens, dim]} */
    PackedStates pack(NdTensor x) {
        require(x.shape().length == 3, "packStates", x);
        Sizes one = new Sizes(type, 1, 1, x.dim(1), x.dim(2));
        long[] upright = {1, one.dim, one.tokens};
        memory.desc columns = Dnnl.strided(type, upright, new long[] {one.tokens * one.dim, 1, one.dim});
        NdTensor keys = pack(x, one.key("packKeys"), columns, keyLayout(one));
        NdTensor values = pack(x, one.key("packValues"), Dnnl.dense(type, 1, one.tokens, one.dim), valueLayout(one));
        return new PackedStates(keys, values, one.tokens);
    }

    /** @return {@code [batch, n]} */
    private NdTensor pack(NdTensor x, Key key, memory.desc sample, memory.desc layout) {
        NdTensor packed = memory.empty(x.dim(0), layout.get_size() / type.bytes());
        Operation copy = context.operation(key, () -> context.reorder(sample, layout, PostOps.none()));
        for (long i = 0; i < x.dim(0); i++) {
            copy.run(address(x, i), address(packed, i));
        }
        return packed;
    }

    NdTensor attend(NdTensor q, PackedStates to) {
        NdTensor keys = nd(to.keys());
        NdTensor values = nd(to.values());
        boolean fits = q.shape().length == 3 && q.dim(0) == keys.dim(0) && q.dim(0) == values.dim(0);
        require(fits, "attention to packed states", q, keys, values);
        Sizes one = new Sizes(type, 1, 1, to.tokens(), q.last());
        long samples = together.computeIfAbsent(one.of(q.dim(0), 1), this::together);
        Sizes s = one.of(samples, q.dim(1));
        memory.desc keyLayout = keyLayout(one.of(s.samples, 1));
        memory.desc valueLayout = valueLayout(one.of(s.samples, 1));
        Operation multiply = context.operation(s.key("packedScores"), () -> scores(s, keyLayout));
        Operation softmax = AttentionOperations.softmax(context, s.samples * s.queries, s.tokens, type);
        Operation weigh = context.operation(s.key("packedWeigh"), () -> weigh(s, valueLayout));
        NdTensor y = memory.empty(q.shape());
        NdTensor scores = memory.empty(DType.F32, s.scores());
        NdTensor p = type == DType.F32 ? scores : memory.empty(type, s.scores());
        for (long sample = 0; sample < q.dim(0); sample += s.samples) {
            multiply.run(address(q, sample), address(keys, sample), scores.address());
            softmax.run(scores.address(), p.address());
            weigh.run(p.address(), address(values, sample), address(y, sample));
        }
        memory.release(scores);
        release(p, scores);
        return y;
    }

    /** All samples if a product with all of them asks for the layout that one asks for, over and over. */
    private long together(Sizes all) {
        Sizes one = all.of(1, 1);
        boolean same = repeats(keyLayout(one), keyLayout(all)) && repeats(valueLayout(one), valueLayout(all));
        return same ? all.samples : 1;
    }

    private static boolean repeats(memory.desc one, memory.desc all) {
        long samples = all.get_dims().get(0);
        long[] dims = new long[one.get_ndims()];
        one.get_dims().get(dims);
        return all.get_size() == samples * one.get_size()
                && all.submemory_desc(dims, new long[dims.length]).equals(one);
    }

    /** The layout that one query of each sample asks for; more are multiplied with the same. */
    private memory.desc keyLayout(Sizes s) {
        return context.operation(s.key("keyLayout"), () -> scores(s, Dnnl.any(type, s.samples, s.dim, s.tokens)))
                .weights()
                .desc();
    }

    private memory.desc valueLayout(Sizes s) {
        return context.operation(s.key("valueLayout"), () -> weigh(s, Dnnl.any(type, s.samples, s.tokens, s.dim)))
                .weights()
                .desc();
    }

    private Operation scores(Sizes s, memory.desc keys) {
        return context.product(s.queryRows(), keys, s.scores(DType.F32), PostOps.none());
    }

    private Operation weigh(Sizes s, memory.desc values) {
        return context.product(s.scores(type), values, s.queryRows(), PostOps.none());
    }

    private static long address(NdTensor x, long sample) {
        return x.address() + sample * (x.size() / x.dim(0)) * x.dtype().bytes();
    }
}
