package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionPass.Packed;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/**
 * softmax(q kᵀ / sqrt(width)) v by blocks of queries of a few heads. Keys and values of these heads are packed once for
 * all their blocks; scores exist for one block at a time, in float32.
 */
final class BlockForward implements AutoCloseable {
    private final AttentionShape whole;
    private final AttentionPass pass;
    private final boolean causal;
    private final Packed keys;
    private final Packed values;
    private final NdTensor scores;
    private final NdTensor p;

    BlockForward(Dnnl context, Memory memory, AttentionShape whole, boolean causal) {
        this.whole = whole;
        this.causal = causal;
        pass = new AttentionPass(context, memory, whole);
        keys = pass.columns();
        values = pass.rows();
        scores = pass.block(DType.F32);
        p = whole.type() == DType.F32 ? scores : pass.block(whole.type());
    }

    /** Writes the corner's heads of y. */
    void heads(NdTensor q, NdTensor k, NdTensor v, Corner corner, NdTensor y) {
        pass.packColumns(k, corner, keys);
        pass.packRows(v, corner, values);
        for (long query = 0; query < whole.queries(); query += whole.run()) {
            AttentionShape s = whole.withRun(Math.min(whole.run(), whole.queries() - query));
            Corner at = new Corner(corner.sample(), corner.head(), query);
            pass.probabilities(s, q, at, keys, causal, scores, p);
            pass.weigh(s, p, values, 1, y, at);
        }
    }

    @Override
    public void close() {
        pass.close();
    }
}
