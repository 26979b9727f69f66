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
    private static final long LONG = 512;

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
        List<Corner> outOfRange = new ArrayList<>();
        try (FusedForward pass = new FusedForward(context, memory, whole, columns())) {
            for (Corner corner : corners(whole, q)) {
                if (!pass.heads(q, k, v, corner, y, logs)) {
                    outOfRange.add(corner);
                }
            }
        }
        if (!outOfRange.isEmpty()) {
            FloatBuffer marks = NativeFloats.floats(logs);
            try (BlockForward blocks = new BlockForward(context, memory, blocks(whole), false)) {
                for (Corner corner : outOfRange) {
                    marks.put(firstLog(corner, logs), Float.NaN);
                    blocks.heads(q, k, v, corner, y);
                }
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
        AttentionShape whole = fused(q, k, causal) ? tiled(q, k, heads) : shape(q, k, heads);
        List<Corner> rest = new ArrayList<>(corners(whole, q));
        if (fused(q, k, causal)) {
            NdTensor y = nd(forward.output());
            NdTensor logs = nd(forward.stats());
            FloatBuffer marks = NativeFloats.floats(logs);
            List<Corner> inRange = new ArrayList<>(rest);
            inRange.removeIf(corner -> Float.isNaN(marks.get(firstLog(corner, logs))));
            rest.removeAll(inRange);
            AttentionShape exchanged = whole.exchanged(AttentionShape.even(whole.keys(), TILE_ROWS));
            try (FusedBackward pass = new FusedBackward(context, memory, exchanged, columns())) {
                inRange.forEach(corner -> pass.heads(dy, q, k, v, y, logs, corner, dq, dk, dv));
            }
        }
        if (!rest.isEmpty()) {
            AttentionShape run = fused(q, k, causal) ? blocks(whole) : whole;
            try (BlockBackward blocks = new BlockBackward(context, memory, run, causal)) {
                rest.forEach(corner -> blocks.heads(dy, q, k, v, corner, dq, dk, dv));
            }
        }
    }

    private static boolean fused(NdTensor q, NdTensor k, boolean causal) {
        return !causal && Math.min(q.dim(1), k.dim(1)) >= LONG;
    }

    /** For as many heads together, but by blocks of all keys. */
    private AttentionShape blocks(AttentionShape whole) {
        return whole.withRun(Math.min(whole.queries(), run(whole.keys(), whole.heads())));
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

    /** Where the log of a corner's first sum lies; not a number there says that its heads were out of range. */
    private static int firstLog(Corner corner, NdTensor logs) {
        return Math.toIntExact(corner.sample() * logs.dim(1) * logs.dim(2) + corner.head());
    }

    /** As many heads together as the limit on scores allows, but a pair at least. */
    private AttentionShape shape(NdTensor q, NdTensor k, int heads) {
        long keys = k.dim(1);
        long run = Math.min(q.dim(1), run(keys, Math.min(PAIR, heads)));
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
