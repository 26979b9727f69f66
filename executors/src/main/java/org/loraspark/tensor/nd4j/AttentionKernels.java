package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.AttentionResult;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * softmax(q kᵀ / sqrt(width)) v, head by head. Heads stay interleaved in {@code [batch, tokens, heads * width]}; the
 * products read and write them through strides. Scores exist for one block of queries at a time, and the backward pass
 * computes them again, so that memory does not grow with queries x keys.
 *
 * <p>Backward, with P the probabilities and D = rowsum(P * (dy vᵀ)): dv = Pᵀ dy, dS = P * (dy vᵀ - D),
 * dq = dS k / sqrt(width), dk = dSᵀ q / sqrt(width).
 */
final class AttentionKernels extends Kernels {
    /** Scores that exist at once: 16 MB of float32, small enough to stay near the processor. */
    private static final long MOST_SCORES = 1 << 22;

    private static final int[] LAST_OF_FOUR = {3};

    AttentionKernels(Memory memory, Constants constants) {
        super(memory, constants);
    }

    /** A rectangle of the score matrices: samples, heads and queries, each from a first one on. */
    private record Tile(long sample, long samples, long head, long heads, long query, long queries) {}

    private interface TileWork {
        void on(Tile tile);
    }

    AttentionResult forward(NdTensor q, NdTensor k, NdTensor v, int heads, boolean causal) {
        check("attention", q, k, v, heads);
        NdTensor y = empty(q.shape());
        double scale = 1 / Math.sqrt((double) q.last() / heads);
        eachTile(q, k, heads, t -> {
            NdTensor p = probabilities(t, q, k, heads, causal, scale);
            multiplyKeys(p, v, heads, t, y, 1);
            memory.release(p);
        });
        // Nothing to remember: the backward pass starts from q, k and v.
        return new AttentionResult(y, empty(1));
    }

    void backward(
            NdTensor dy,
            NdTensor q,
            NdTensor k,
            NdTensor v,
            int heads,
            boolean causal,
            NdTensor dq,
            NdTensor dk,
            NdTensor dv) {
        check("attentionBackward", q, k, v, heads);
        requireSame("attentionBackward", dy, q);
        requireSame("attentionBackward", dq, q);
        requireSame("attentionBackward", dk, k);
        requireSame("attentionBackward", dv, v);
        double scale = 1 / Math.sqrt((double) q.last() / heads);
        INDArray ones = constants.ones(k.dim(1), 1);
        eachTile(q, k, heads, t -> {
            NdTensor p = probabilities(t, q, k, heads, causal, scale);
            double beta = t.query == 0 ? 0 : 1;
            INDArray dyTile = queries(dy, heads, t);
            Ops.matmul(p.array(), true, dyTile, false, keys(dv, heads, t), 1, beta);
            NdTensor ds = empty(p.shape());
            NdTensor product = empty(p.shape());
            NdTensor sums = empty(p.rows(), 1);
            Ops.matmul(dyTile, false, keys(v, heads, t), true, ds.array(), 1, 0);
            Ops.multiply(ds.array(), p.array(), product.array());
            Ops.matmul(product.matrix(), false, ones, false, sums.array(), 1, 0);
            Ops.broadcast("multiply", p.matrix(), sums.array(), ds.matrix());
            Ops.subtract(product.array(), ds.array(), ds.array());
            multiplyKeys(ds, k, heads, t, dq, scale);
            Ops.matmul(ds.array(), true, queries(q, heads, t), false, keys(dk, heads, t), scale, beta);
            memory.release(sums);
            memory.release(product);
            memory.release(ds);
            memory.release(p);
        });
    }

    /** {@code [samples, heads, queries, keys]} of a tile. */
    private NdTensor probabilities(Tile t, NdTensor q, NdTensor k, int heads, boolean causal, double scale) {
        long keys = k.dim(1);
        NdTensor s = empty(t.samples, t.heads, t.queries, keys);
        eachPart(q.last() / heads, LONGEST_BATCHED_SUM, (first, count) -> {
            INDArray left = window(q, heads, t, t.query, t.queries, first, count);
            INDArray right = window(k, heads, t, 0, keys, first, count);
            Ops.matmul(left, false, right, true, s.array(), scale, first == 0 ? 0 : 1);
        });
        if (causal) {
            INDArray mask = constants.causalMask(t.query, t.queries, keys);
            INDArray scores = s.as(t.samples * t.heads, t.queries, keys);
            Ops.broadcast("add", scores, mask, scores);
        }
        Ops.custom("softmax", new INDArray[] {s.array()}, new INDArray[] {s.array()}, LAST_OF_FOUR);
        return s;
    }

    /** The tile's queries of {@code to} = alpha * weights x, a sum over all keys. */
    private static void multiplyKeys(NdTensor weights, NdTensor x, int heads, Tile t, NdTensor to, double alpha) {
        long keys = x.dim(1);
        eachPart(keys, LONGEST_BATCHED_SUM, (first, count) -> {
            INDArray part = weights.strided(first, new long[] {t.samples, t.heads, t.queries, count}, new long[] {
                t.heads * t.queries * keys, t.queries * keys, keys, 1
            });
            INDArray summand = window(x, heads, t, first, count);
            Ops.matmul(part, false, summand, false, queries(to, heads, t), alpha, first == 0 ? 0 : 1);
        });
    }

    /** Runs of queries, for as many heads and samples together as the limit on scores allows. */
    private static void eachTile(NdTensor q, NdTensor k, int heads, TileWork work) {
        long batch = q.dim(0);
        long queries = q.dim(1);
        long keys = k.dim(1);
        long run = Math.max(1, Math.min(Math.min(queries, LONGEST_BATCHED_SUM), MOST_SCORES / keys));
        boolean whole = batch * heads * run * keys <= MOST_SCORES;
        long samples = whole ? batch : 1;
        long together = whole ? heads : Math.min(heads, MOST_SCORES / (run * keys));
        for (long b = 0; b < batch; b += samples) {
            for (long h = 0; h < heads; h += together) {
                for (long first = 0; first < queries; first += run) {
                    work.on(new Tile(
                            b, samples, h, Math.min(together, heads - h), first, Math.min(run, queries - first)));
                }
            }
        }
    }

    private static INDArray queries(NdTensor x, int heads, Tile t) {
        return window(x, heads, t, t.query, t.queries);
    }

    private static INDArray keys(NdTensor x, int heads, Tile t) {
        return window(x, heads, t, 0, x.dim(1));
    }

    /** {@code [batch, tokens, heads * width]} seen as {@code [samples, heads, tokens, width]}. */
    private static INDArray window(NdTensor x, int heads, Tile t, long first, long count) {
        return window(x, heads, t, first, count, 0, x.last() / heads);
    }

    /** Some columns of each head. */
    private static INDArray window(NdTensor x, int heads, Tile t, long first, long count, long column, long columns) {
        long dim = x.last();
        long width = dim / heads;
        long sample = x.dim(1) * dim;
        return x.strided(
                t.sample * sample + first * dim + t.head * width + column,
                new long[] {t.samples, t.heads, count, columns},
                new long[] {sample, width, dim, 1});
    }

    private static void check(String kernel, NdTensor q, NdTensor k, NdTensor v, int heads) {
        require(
                q.shape().length == 3
                        && k.shape().length == 3
                        && v.shape().length == 3
                        && q.dim(0) == k.dim(0)
                        && q.last() == k.last()
                        && heads > 0
                        && q.last() % heads == 0
                        && v.dim(0) == k.dim(0)
                        && v.dim(1) == k.dim(1)
                        && v.last() == k.last(),
                kernel + " with " + heads + " heads",
                q,
                k,
                v);
    }
}
