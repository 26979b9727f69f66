package org.loraspark.tensor.onednn;

import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionPass.Packed;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/**
 * softmax(q kᵀ / sqrt(width)) v by blocks of queries of a few heads. Keys and values of these heads are packed once for
 * all their blocks; scores exist for one block at a time, in float32, and the backward pass computes them again.
 *
 * <p>Backward, with P the probabilities: dv = Pᵀ dy, dS = P * (dP - rowsum(P * dP)) with dP = dy vᵀ, dq = dS k /
 * sqrt(width), dk = dSᵀ q / sqrt(width). dk and dv are summed over the blocks in float32, transposed, because then P
 * and dS are multiplied as they lie.
 */
final class AttentionKernels extends Kernels {
    /** Scores that exist at once, near the processor: 2 MB of float32. */
    private static final long MOST_SCORES = 1 << 19;

    /** Queries in a block. With fewer, the products waste time on the edges; with more, they win nothing. */
    private static final long LEAST_RUN = 64;

    private static final long MOST_RUN = 512;

    /** Heads that are worked on together at least, so that two cores have one each. */
    private static final long PAIR = 2;

    private final CausalMask mask = new CausalMask();

    AttentionKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    private interface Work {
        void on(AttentionShape block, Corner corner);
    }

    AttentionResult forward(NdTensor q, NdTensor k, NdTensor v, int heads, boolean causal) {
        require(AttentionShape.fits(q, k, v, heads), "attention with " + heads + " heads", q, k, v);
        NdTensor y = memory.empty(q.shape());
        AttentionShape whole = shape(q, k, heads);
        try (AttentionPass pass = new AttentionPass(context, memory, whole)) {
            Packed keys = pass.columns(DType.F32);
            Packed values = pass.rows();
            NdTensor scores = pass.block(DType.F32);
            NdTensor p = type == DType.F32 ? scores : pass.block(type);
            each(whole, q, heads, (s, at) -> {
                if (at.query() == 0) {
                    pass.packColumns(k, at, keys);
                    pass.packRows(v, at, values);
                }
                probabilities(pass, s, q, at, keys, causal, scores, p);
                pass.weigh(s, p, values, 1, y, at);
            });
        }
        // Nothing to remember: the backward pass starts from q, k and v.
        return new AttentionResult(y, memory.empty(1));
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
        require(AttentionShape.fits(q, k, v, heads), "attentionBackward with " + heads + " heads", q, k, v);
        requireSame("attentionBackward", dy, q);
        requireSame("attentionBackward", dq, q);
        requireSame("attentionBackward", dk, k);
        requireSame("attentionBackward", dv, v);
        AttentionShape whole = shape(q, k, heads);
        double scale = whole.scale();
        try (AttentionPass pass = new AttentionPass(context, memory, whole)) {
            Packed keyColumns = pass.columns(DType.F32);
            Packed keyRows = pass.rows();
            Packed valueColumns = pass.columns(type);
            NdTensor scores = pass.block(DType.F32);
            NdTensor p = type == DType.F32 ? scores : pass.block(type);
            NdTensor dp = pass.block(type);
            NdTensor keySums = pass.sums();
            NdTensor valueSums = pass.sums();
            each(whole, q, heads, (s, at) -> {
                if (at.query() == 0) {
                    pass.packColumns(k, at, keyColumns);
                    pass.packRows(k, at, keyRows);
                    pass.packColumns(v, at, valueColumns);
                }
                probabilities(pass, s, q, at, keyColumns, causal, scores, p);
                pass.gather(s, dy, at, p, 1, valueSums);
                pass.scores(s, dy, at, valueColumns, 1, false, dp);
                pass.softmaxBackward(s, p, dp, dp);
                pass.weigh(s, dp, keyRows, scale, dq, at);
                pass.gather(s, q, at, dp, scale, keySums);
                if (at.query() + s.run() == s.queries()) {
                    pass.unload(keySums, dk, at);
                    pass.unload(valueSums, dv, at);
                }
            });
        }
    }

    private void probabilities(
            AttentionPass pass,
            AttentionShape s,
            NdTensor q,
            Corner at,
            Packed keys,
            boolean causal,
            NdTensor scores,
            NdTensor p) {
        if (causal) {
            mask.write(s, at.query(), scores);
        }
        pass.scores(s, q, at, keys, s.scale(), causal, scores);
        pass.softmax(s, scores, p);
    }

    /** As many heads, and then pictures, together as the limit on scores allows, but a pair of heads at least. */
    private AttentionShape shape(NdTensor q, NdTensor k, int heads) {
        long queries = q.dim(1);
        long keys = k.dim(1);
        long run = Math.min(queries, Math.max(LEAST_RUN, Math.min(MOST_RUN, MOST_SCORES / (PAIR * keys))));
        long most = Math.max(MOST_SCORES / (run * keys), PAIR);
        long together = heads;
        while (together > most || heads % together != 0) {
            together--;
        }
        boolean all = together == heads && run == queries && q.dim(0) * heads <= most;
        return new AttentionShape(type, all ? q.dim(0) : 1, together, q.last() / heads, q.last(), queries, keys, run);
    }

    private static void each(AttentionShape whole, NdTensor q, int heads, Work work) {
        for (long sample = 0; sample < q.dim(0); sample += whole.samples()) {
            for (long head = 0; head < heads; head += whole.heads()) {
                for (long query = 0; query < whole.queries(); query += whole.run()) {
                    long run = Math.min(whole.run(), whole.queries() - query);
                    work.on(run == whole.run() ? whole : whole.withRun(run), new Corner(sample, head, query));
                }
            }
        }
    }
}
