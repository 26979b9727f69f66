package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionPass.Packed;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/**
 * The gradients of {@link BlockForward}, which compute the probabilities P again: dv = Pᵀ dy, dS = P * (dP - rowsum(P *
 * dP)) with dP = dy vᵀ, dq = dS k / sqrt(width), dk = dSᵀ q / sqrt(width). dk and dv are summed over the blocks in
 * float32, transposed, because then P and dS are multiplied as they lie.
 */
final class BlockBackward implements AutoCloseable {
    private final AttentionShape whole;
    private final AttentionPass pass;
    private final boolean causal;
    private final Packed keyColumns;
    private final Packed keyRows;
    private final Packed valueColumns;
    private final NdTensor scores;
    private final NdTensor p;
    private final NdTensor dp;
    private final NdTensor ds;
    private final NdTensor keySums;
    private final NdTensor valueSums;

    BlockBackward(Dnnl context, Memory memory, AttentionShape whole, boolean causal) {
        this.whole = whole;
        this.causal = causal;
        pass = new AttentionPass(context, memory, whole);
        keyColumns = pass.columns();
        keyRows = pass.rows();
        valueColumns = pass.columns();
        scores = pass.block(DType.F32);
        p = whole.type() == DType.F32 ? scores : pass.block(whole.type());
        dp = pass.block(DType.F32);
        ds = whole.type() == DType.F32 ? dp : pass.block(whole.type());
        keySums = pass.sums();
        valueSums = pass.sums();
    }

    /** Writes the gradients of the corner's heads. */
    void heads(NdTensor dy, NdTensor q, NdTensor k, NdTensor v, Corner corner, NdTensor dq, NdTensor dk, NdTensor dv) {
        pass.packColumns(k, corner, keyColumns);
        pass.packRows(k, corner, keyRows);
        pass.packColumns(v, corner, valueColumns);
        for (long query = 0; query < whole.queries(); query += whole.run()) {
            AttentionShape s = whole.withRun(Math.min(whole.run(), whole.queries() - query));
            Corner at = new Corner(corner.sample(), corner.head(), query);
            pass.probabilities(s, q, at, keyColumns, causal, scores, scores);
            pass.round(s, scores, p);
            pass.gather(s, dy, at, p, 1, valueSums);
            pass.scores(s, dy, at, valueColumns, 1, false, dp);
            pass.softmaxBackward(s, scores, dp, ds);
            pass.weigh(s, ds, keyRows, whole.scale(), dq, at);
            pass.gather(s, q, at, ds, whole.scale(), keySums);
        }
        pass.unload(keySums, dk, corner);
        pass.unload(valueSums, dv, corner);
    }

    @Override
    public void close() {
        pass.close();
    }
}
