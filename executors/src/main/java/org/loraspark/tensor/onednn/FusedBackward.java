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
 * The gradients of attention by tiles of keys x queries that stay in a core's cache. With the logarithm L of a query's sum
 * of exponentials, Pᵀ = exp(k qᵀ / sqrt(width) - L) and dSᵀ = Pᵀ * (v dyᵀ - D) each come out of one product, where
 * D = rowsum(dy * y) equals rowsum(P * dP) (Dao et al. 2022, "FlashAttention", appendix B.2). L and D enter the products
 * as {@link ExtraColumns}. dk = dSᵀ q, dv = Pᵀ dy and dq = dS k are summed over the tiles in float32.
 */
final class FusedBackward implements AutoCloseable {
    /** Some of the queries, what is packed of them and of dy, and the sums of their dq. */
    private record Tile(
            Part part,
            Packed queryRows,
            Packed gradientRows,
            Packed queryColumns,
            Packed gradientColumns,
            NdTensor querySums) {}

    private final AttentionShape whole;
    private final AttentionPass pass;
    private final AttentionOperations copies;
    private final Dnnl context;
    private final FusedOperations operations;
    private final long heads;
    private final List<Tile> tiles;
    private final NdTensor columns;
    private final NdTensor keys;
    private final NdTensor values;
    private final NdTensor left;
    private final NdTensor right;
    private final NdTensor means;
    private final NdTensor p;
    private final NdTensor ds;
    private final NdTensor keySums;
    private final NdTensor valueSums;

    /**
     * @param whole with the roles of queries and keys exchanged
     * @param run queries together
     */
    FusedBackward(Dnnl context, Memory memory, AttentionShape whole, long run) {
        this.context = context;
        this.whole = whole;
        pass = new AttentionPass(context, memory, whole);
        copies = new AttentionOperations(context);
        operations = new FusedOperations(context);
        heads = whole.heads();
        tiles = whole.parts(run).stream().map(this::tile).toList();
        columns = extended(whole.keys());
        keys = extended(whole.queries());
        values = extended(whole.queries());
        extra(keys).ones(heads * whole.queries());
        extra(values).ones(heads * whole.queries());
        left = pass.buffer(DType.F32, heads * whole.keys() * whole.width());
        right = pass.buffer(DType.F32, heads * whole.keys() * whole.width());
        means = pass.buffer(DType.F32, heads * whole.keys());
        long scores = whole.rows() * Math.min(run, whole.keys());
        p = pass.buffer(whole.type(), scores);
        ds = pass.buffer(whole.type(), scores);
        keySums = pass.buffer(DType.F32, whole.rows() * whole.padded());
        valueSums = pass.buffer(DType.F32, whole.rows() * whole.padded());
    }

    private Tile tile(Part part) {
        AttentionShape s = part.shape();
        memory.desc rows = s.any(s.keys(), s.padded());
        memory.desc any = s.any(s.extended(), s.keys());
        return new Tile(
                part,
                pass.packed(sums(s, rows, s.scale(), false)),
                pass.packed(sums(s, rows, 1, false)),
                pass.packed(operations.shiftedExponentials(s, any)),
                pass.packed(operations.weighted(s, any)),
                pass.buffer(DType.F32, heads * s.width() * s.keys()));
    }

    private Operation sums(AttentionShape s, memory.desc rows, double scale, boolean sum) {
        return operations.sums(s, rows, s.padded(), scale, sum);
    }

    /** The gradients of the corner's heads. */
    void heads(
            NdTensor dy,
            NdTensor q,
            NdTensor k,
            NdTensor v,
            NdTensor y,
            NdTensor logs,
            Corner corner,
            NdTensor dq,
            NdTensor dk,
            NdTensor dv) {
        pack(q, dy, y, logs, corner);
        extend(k, corner, keys);
        extend(v, corner, values);
        for (long token = 0; token < whole.queries(); token += whole.run()) {
            AttentionShape s = whole.withRun(Math.min(whole.run(), whole.queries() - token));
            Corner at = new Corner(corner.sample(), corner.head(), token);
            for (Tile tile : tiles) {
                add(tile, k, at, s.run());
            }
            round(s, valueSums, dv, at);
            round(s, keySums, dk, at);
        }
        tiles.forEach(tile -> pass.unload(tile.part(), tile.querySums(), dq, corner));
    }

    /** Adds what a run of keys and a tile's queries give each other to all three sums. */
    private void add(Tile tile, NdTensor k, Corner at, long run) {
        AttentionShape s = tile.part().shape().withRun(run);
        boolean further = tile.part().from() > 0;
        long row = at.query() * s.extended() * s.type().bytes();
        operations
                .shiftedExponentials(s, tile.queryColumns().layout())
                .run(keys.address() + row, tile.queryColumns().address(), p.address());
        sums(s, tile.gradientRows().layout(), 1, further)
                .run(p.address(), tile.gradientRows().address(), valueSums.address());
        operations
                .weighted(s, tile.gradientColumns().layout())
                .run(values.address() + row, tile.gradientColumns().address(), ds.address(), p.address());
        sums(s, tile.queryRows().layout(), s.scale(), further)
                .run(ds.address(), tile.queryRows().address(), keySums.address());
        pass.gather(s, k, at, ds, s.scale(), tile.querySums());
    }

    /** The sums of a run of keys as rows of a gradient. */
    private void round(AttentionShape s, NdTensor sums, NdTensor to, Corner at) {
        copies.reorder(s.key("round", 0), () -> s.part(DType.F32, s.run(), s.padded()), () -> s.interleaved(s.run()))
                .run(sums.address(), s.address(to, at, at.query()));
    }

    private void pack(NdTensor q, NdTensor dy, NdTensor y, NdTensor logs, Corner corner) {
        for (Tile tile : tiles) {
            pass.packRows(tile.part(), q, corner, tile.queryRows());
            pass.packRows(tile.part(), dy, corner, tile.gradientRows());
        }
        extendColumns(q, corner);
        shift(logs, corner);
        tiles.forEach(tile -> packColumns(tile.part(), tile.queryColumns()));
        extendColumns(dy, corner);
        subtractMeans(dy, y, corner);
        tiles.forEach(tile -> packColumns(tile.part(), tile.gradientColumns()));
    }

    /** -L / scale beside q: the product is scaled before the exponential. */
    private void shift(NdTensor logs, Corner corner) {
        ExtraColumns extra = extra(columns);
        FloatBuffer from = NativeFloats.floats(logs);
        int queries = Math.toIntExact(whole.keys());
        int all = Math.toIntExact(whole.dim() / whole.width());
        float factor = (float) (-1 / whole.scale());
        for (int head = 0; head < heads; head++) {
            int first = Math.toIntExact(corner.sample() * queries * all + corner.head() + head);
            for (int i = 0; i < queries; i++) {
                extra.put(head * queries + i, factor * from.get(first + i * all));
            }
        }
    }

    /** -D beside dy. */
    private void subtractMeans(NdTensor dy, NdTensor y, Corner corner) {
        exact(dy, corner, left);
        exact(y, corner, right);
        operations.multiply(left.size()).run(left.address(), right.address(), left.address());
        context.rowSums(DType.F32, means.size(), whole.width()).run(left.address(), means.address());
        ExtraColumns extra = extra(columns);
        FloatBuffer from = NativeFloats.floats(means);
        for (int row = 0; row < means.size(); row++) {
            extra.put(row, -from.get(row));
        }
    }

    private NdTensor extended(long tokens) {
        NdTensor buffer = pass.buffer(whole.type(), heads * tokens * whole.extended());
        Transfers.zero(buffer);
        return buffer;
    }

    private ExtraColumns extra(NdTensor extended) {
        return new ExtraColumns(whole.type(), extended, whole.extended(), whole.width());
    }

    /** Copies rows of the queries' side into {@link #columns}. */
    private void extendColumns(NdTensor x, Corner corner) {
        copies.reorder(
                        whole.key("extendColumns", 0),
                        () -> whole.interleaved(whole.keys()),
                        () -> whole.part(whole.type(), whole.keys(), whole.extended()))
                .run(whole.address(x, corner, 0), columns.address());
    }

    private void packColumns(Part part, Packed to) {
        AttentionShape s = part.shape();
        long tokens = whole.keys();
        copies.reorder(s.key("packExtended", tokens), () -> s.extendedColumns(tokens), to::layout)
                .run(columns.address() + part.from() * s.extended() * s.type().bytes(), to.address());
    }

    /** Copies rows of the keys' side. */
    private void extend(NdTensor x, Corner corner, NdTensor to) {
        copies.reorder(
                        whole.key("extend", 0),
                        () -> whole.interleaved(whole.queries()),
                        () -> whole.part(whole.type(), whole.queries(), whole.extended()))
                .run(whole.address(x, corner, 0), to.address());
    }

    /** Rows of the queries' side in float32. */
    private void exact(NdTensor x, Corner corner, NdTensor to) {
        copies.reorder(
                        whole.key("exact", 0),
                        () -> whole.interleaved(whole.keys()),
                        () -> whole.dense(DType.F32, whole.keys(), whole.width()))
                .run(whole.address(x, corner, 0), to.address());
    }

    @Override
    public void close() {
        pass.close();
    }
}
