package org.loraspark.tensor.onednn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/**
 * softmax(q kᵀ / sqrt(width)) v, a few heads at a time: long sequences by {@link FusedForward} and {@link
 * FusedBackward}, others, masked ones, and scores too large for those by {@link BlockForward} and {@link
 * BlockBackward}. No array of queries x keys is kept for the backward pass.
 */
final class AttentionKernels extends Kernels {
    /** Scores that exist at once, near the processor: 2 MB of float32. */
    private static final long MOST_SCORES = 1 << 19;

    /** Queries in a block. With fewer, the products waste time on the edges; with more, they win nothing. */
    private static final long LEAST_RUN = 64;

    private static final long MOST_RUN = 512;

    /** Heads that are worked on together at least, so that two cores have one each. */
    private static final long PAIR = 2;

    /** Rows of a fused pass's tile, and the bytes of its scores of a head: two such tiles stay in a core's cache. */
    private static final long TILE_ROWS = 256;

    private static final long TILE_BYTES = 1 << 18;

    /** Tokens from which the fused passes are worth their preparation. */
    private static final long LONG = 768;

    AttentionKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    AttentionResult forward(NdTensor q, NdTensor k, NdTensor v, int heads, boolean causal) {
        require(AttentionShape.fits(q, k, v, heads), "attention with " + heads + " heads", q, k, v);
        NdTensor y = memory.empty(q.shape());
        if (!fused(q, k, causal)) {
            AttentionShape whole = shape(q, k, heads);
            try (BlockForward blocks = new BlockForward(context, memory, whole, causal)) {
                corners(whole, q).forEach(corner -> blocks.heads(q, k, v, corner, y));
            }
            return new AttentionResult(y, memory.empty(1));
        }
        AttentionShape whole = tiled(q, k, heads);
        NdTensor logs = memory.empty(DType.F32, q.dim(0), q.dim(1), heads);
        try (FusedForward pass = new FusedForward(context, memory, whole, columns())) {
            corners(whole, q).forEach(corner -> pass.heads(q, k, v, corner, y, logs));
        }
        AttentionShape alone = alone(whole);
        List<Corner> outOfRange = outOfRange(alone, q, logs);
        if (!outOfRange.isEmpty()) {
            try (BlockForward blocks = new BlockForward(context, memory, alone, false)) {
                outOfRange.forEach(corner -> blocks.heads(q, k, v, corner, y));
            }
        }
        return new AttentionResult(y, logs);
    }

    void backward(
            NdTensor dy,
            NdTensor q,
            NdTensor k,
            NdTensor v,
            AttentionResult forward,
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
        if (!fused(q, k, causal)) {
            AttentionShape whole = shape(q, k, heads);
            try (BlockBackward blocks = new BlockBackward(context, memory, whole, causal)) {
                corners(whole, q).forEach(corner -> blocks.heads(dy, q, k, v, corner, dq, dk, dv));
            }
            return;
        }
        AttentionShape whole = tiled(q, k, heads);
        NdTensor y = nd(forward.output());
        NdTensor logs = nd(forward.stats());
        AttentionShape exchanged = whole.exchanged(AttentionShape.even(whole.keys(), TILE_ROWS));
        try (FusedBackward pass = new FusedBackward(context, memory, exchanged, columns())) {
            corners(whole, q).forEach(corner -> pass.heads(dy, q, k, v, y, logs, corner, dq, dk, dv));
        }
        AttentionShape alone = alone(whole);
        List<Corner> outOfRange = outOfRange(alone, q, logs);
        if (!outOfRange.isEmpty()) {
            try (BlockBackward blocks = new BlockBackward(context, memory, alone, false)) {
                outOfRange.forEach(corner -> blocks.heads(dy, q, k, v, corner, dq, dk, dv));
            }
        }
    }

    private static boolean fused(NdTensor q, NdTensor k, boolean causal) {
        return !causal && Math.min(q.dim(1), k.dim(1)) >= LONG;
    }

    /** For one head, by blocks of all keys. */
    private AttentionShape alone(AttentionShape whole) {
        long run = Math.min(whole.queries(), run(whole.keys(), 1));
        return new AttentionShape(type, 1, whole.width(), whole.dim(), whole.queries(), whole.keys(), run);
    }

    /** The heads that the fused pass could not do; a head's result must not depend on the others that it ran with. */
    private static List<Corner> outOfRange(AttentionShape alone, NdTensor q, NdTensor logs) {
        FloatBuffer values = NativeFloats.floats(logs);
        List<Corner> heads = corners(alone, q);
        heads.removeIf(head -> !Float.isNaN(values.get(FusedForward.firstLog(alone, head))));
        return heads;
    }

    private long columns() {
        return TILE_BYTES / (TILE_ROWS * type.bytes());
    }

    /** A head for each thread. */
    private AttentionShape tiled(NdTensor q, NdTensor k, int heads) {
        long together = Math.min(heads, Isa.threads());
        while (heads % together != 0) {
            together--;
        }
        long run = AttentionShape.even(q.dim(1), TILE_ROWS);
        return new AttentionShape(type, together, q.last() / heads, q.last(), q.dim(1), k.dim(1), run);
    }

    /** As many heads together as the limit on scores allows, but a pair at least. */
    private AttentionShape shape(NdTensor q, NdTensor k, int heads) {
        long keys = k.dim(1);
        long run = AttentionShape.even(q.dim(1), run(keys, Math.min(PAIR, heads)));
        long together = heads;
        while (together > Math.max(MOST_SCORES / (run * keys), PAIR) || heads % together != 0) {
            together--;
        }
        return new AttentionShape(type, together, q.last() / heads, q.last(), q.dim(1), keys, run);
    }

    /** Rows in a block of so many matrices whose rows are so long. */
    private static long run(long length, long matrices) {
        return Math.max(LEAST_RUN, Math.min(MOST_RUN, MOST_SCORES / (matrices * length)));
    }

    private static List<Corner> corners(AttentionShape whole, NdTensor q) {
        List<Corner> corners = new ArrayList<>();
        for (long sample = 0; sample < q.dim(0); sample++) {
            for (long head = 0; head < whole.dim() / whole.width(); head += whole.heads()) {
                corners.add(new Corner(sample, head, 0));
            }
        }
        return corners;
    }
}
