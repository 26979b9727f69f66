package org.loraspark.tensor.onednn;

import java.nio.FloatBuffer;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionPass.Packed;
import org.loraspark.tensor.onednn.AttentionShape.Corner;
import org.loraspark.tensor.onednn.AttentionShape.Part;

/**
 * Attention without a softmax of its own: the product of q and k ends in the exponential, a column of ones beside v
 * sums the exponentials, and the result is divided by the sums. Queries and keys are taken by tiles whose exponentials
 * stay in a core's cache.
 *
 * <p>No maximum is taken off the scores. That is exact as long as the sums of exponentials are far from both ends of
 * float32, whose range bf16 shares; heads for which they are not are left to the caller.
 */
final class FusedForward implements AutoCloseable {
    /** Far enough from the ends for summands of 1e-10 of the sum, and for sums of values of 1e8. */
    private static final float LEAST = 1e-27f;

    private static final float MOST = 1e29f;

    private final AttentionShape whole;
    private final AttentionPass pass;
    private final AttentionOperations copies;
    private final FusedOperations operations;
    private final List<Tile> tiles;
    private final NdTensor valuesAndOnes;
    private final NdTensor exponentials;
    private final NdTensor sums;
    private final NdTensor factors;

    /** Some of the keys and what is packed of them. */
    private record Tile(Part part, Packed keys, Packed values) {}

    /** @param columns keys together */
    FusedForward(Dnnl context, Memory memory, AttentionShape whole, long columns) {
        this.whole = whole;
        pass = new AttentionPass(context, memory, whole);
        copies = new AttentionOperations(context);
        operations = new FusedOperations(context);
        tiles = whole.parts(columns).stream().map(this::tile).toList();
        long tokens = whole.heads() * Math.min(columns, whole.keys());
        valuesAndOnes = pass.buffer(whole.type(), tokens * whole.summed());
        Transfers.zero(valuesAndOnes);
        new ExtraColumns(whole.type(), valuesAndOnes, whole.summed(), whole.width()).ones(tokens);
        exponentials = pass.buffer(whole.type(), tokens * whole.run());
        sums = pass.buffer(DType.F32, whole.rows() * whole.summed());
        factors = pass.buffer(DType.F32, whole.rows());
    }

    private Tile tile(Part part) {
        AttentionShape s = part.shape();
        return new Tile(
                part,
                pass.packed(operations.exponentials(s, s.any(s.width(), s.keys()))),
                pass.packed(sums(s, s.any(s.keys(), s.summed()), false)));
    }

    private Operation sums(AttentionShape s, memory.desc values, boolean sum) {
        return operations.sums(s, values, s.summed(), 1, sum);
    }

    /**
     * Writes the corner's heads of y, and the logarithms of their sums. A head whose sums leave the range gets a first
     * logarithm that is not a number; what is written of it is worth nothing.
     *
     * @param logs {@code [batch, queries, heads]}
     */
    void heads(NdTensor q, NdTensor k, NdTensor v, Corner corner, NdTensor y, NdTensor logs) {
        tiles.forEach(tile -> pack(k, v, corner, tile));
        for (long query = 0; query < whole.queries(); query += whole.run()) {
            long run = Math.min(whole.run(), whole.queries() - query);
            Corner at = new Corner(corner.sample(), corner.head(), query);
            for (Tile tile : tiles) {
                weigh(q, at, tile, run);
            }
            AttentionShape s = whole.withRun(run);
            invert(s, at, logs);
            operations.divide(s).run(sums.address(), s.address(y, at, query), factors.address());
        }
    }

    /** Where the logarithm of a head's first sum lies. */
    static int firstLog(AttentionShape s, Corner head) {
        return Math.toIntExact(head.sample() * s.queries() * (s.dim() / s.width()) + head.head());
    }

    private void pack(NdTensor k, NdTensor v, Corner corner, Tile tile) {
        AttentionShape s = tile.part().shape();
        pass.packColumns(tile.part(), k, corner, tile.keys());
        copies.reorder(
                        s.key("besideOnes", 0),
                        () -> s.interleaved(s.keys()),
                        () -> s.part(s.type(), s.keys(), s.summed()))
                .run(s.address(v, corner, tile.part().from()), valuesAndOnes.address());
        copies.reorder(s.key("packOnes", 0), () -> s.dense(s.type(), s.keys(), s.summed()), tile.values()::layout)
                .run(valuesAndOnes.address(), tile.values().address());
    }

    /** Adds a tile's exponentials, and its values weighed with them, to the sums of a run of queries. */
    private void weigh(NdTensor q, Corner at, Tile tile, long run) {
        AttentionShape s = tile.part().shape().withRun(run);
        operations
                .exponentials(s, tile.keys().layout())
                .run(s.address(q, at, at.query()), tile.keys().address(), exponentials.address());
        sums(s, tile.values().layout(), tile.part().from() > 0)
                .run(exponentials.address(), tile.values().address(), sums.address());
    }

    private void invert(AttentionShape s, Corner at, NdTensor logs) {
        int wide = Math.toIntExact(s.summed());
        int run = Math.toIntExact(s.run());
        int allHeads = Math.toIntExact(s.dim() / s.width());
        FloatBuffer from = NativeFloats.floats(sums);
        FloatBuffer inverse = NativeFloats.floats(factors);
        FloatBuffer to = NativeFloats.floats(logs);
        for (int head = 0; head < s.heads(); head++) {
            int first = firstLog(s, at) + head;
            int log = first + Math.toIntExact(at.query()) * allHeads;
            boolean inRange = true;
            for (int i = 0; i < run; i++) {
                int row = head * run + i;
                float sum = from.get(row * wide + (int) s.width());
                inRange &= sum > LEAST && sum < MOST;
                inverse.put(row, 1 / sum);
                to.put(log + i * allHeads, (float) Math.log(sum));
            }
            if (!inRange) {
                to.put(first, Float.NaN);
            }
        }
    }

    @Override
    public void close() {
        pass.close();
    }
}
