package org.loraspark.tensor.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * softmax(q kᵀ / sqrt(width)) v for a few queries, as a text is written. Keys and values are multiplied where they lie,
 * because packing them costs several times what the products do; all pictures and heads at once.
 */
final class FewQueries extends Kernels {
    /** With more queries, packed keys and values pay for themselves. */
    private static final long MOST_QUERIES = 16;

    private static final long MOST_SCORES = 1 << 22;

    FewQueries(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /** The sizes of one call; heads lie interleaved in {@code [samples, tokens, heads * width]}. */
    private record Sizes(DType type, long samples, long heads, long width, long queries, long keys) {
        static Sizes of(DType type, NdTensor q, NdTensor k, int heads) {
            return new Sizes(type, q.dim(0), heads, q.last() / heads, q.dim(1), k.dim(1));
        }

        long scores() {
            return samples * heads * queries * keys;
        }

        Key key(String kind) {
            return Key.of(kind, type.ordinal(), samples, heads, width, queries, keys);
        }

        /** {@code [samples, heads, tokens, width]}. */
        memory.desc rows(long tokens) {
            long dim = heads * width;
            return Dnnl.strided(
                    type, new long[] {samples, heads, tokens, width}, new long[] {tokens * dim, width, dim, 1});
        }

        /** {@code [samples, heads, width, tokens]}. */
        memory.desc columns(long tokens) {
            long dim = heads * width;
            return Dnnl.strided(
                    type, new long[] {samples, heads, width, tokens}, new long[] {tokens * dim, width, 1, dim});
        }

        memory.desc scores(DType of) {
            return Dnnl.dense(of, samples, heads, queries, keys);
        }
    }

    boolean suits(NdTensor q, NdTensor k, NdTensor v, int heads, boolean causal) {
        return !causal
                && q.shape().length == 3
                && k.shape().length == 3
                && q.dim(1) <= MOST_QUERIES
                && q.dim(0) == k.dim(0)
                && q.last() == k.last()
                && Arrays.equals(k.shape(), v.shape())
                && heads > 0
                && AttentionShape.fillsRegisters(q.last(), heads)
                && Sizes.of(type, q, k, heads).scores() <= MOST_SCORES;
    }

    AttentionResult forward(NdTensor q, NdTensor k, NdTensor v, int heads) {
        Sizes s = Sizes.of(type, q, k, heads);
        NdTensor y = memory.empty(q.shape());
        NdTensor scores = memory.empty(DType.F32, s.scores());
        NdTensor p = type == DType.F32 ? scores : memory.empty(type, s.scores());
        double scale = 1 / Math.sqrt(s.width);
        context.operation(
                        s.key("fewScores"),
                        () -> context.product(
                                s.rows(s.queries),
                                s.columns(s.keys),
                                s.scores(DType.F32),
                                PostOps.none().scale(scale)))
                .run(q.address(), k.address(), scores.address());
        AttentionOperations.softmax(context, s.samples * s.heads * s.queries, s.keys, type)
                .run(scores.address(), p.address());
        context.operation(
                        s.key("fewWeigh"),
                        () -> context.product(s.scores(type), s.rows(s.keys), s.rows(s.queries), PostOps.none()))
                .run(p.address(), v.address(), y.address());
        memory.release(scores);
        if (p != scores) {
            memory.release(p);
        }
        // Nothing to remember: the backward pass starts from q, k and v.
        return new AttentionResult(y, memory.empty(1));
    }
}
