package org.loraspark.tensor.onednn;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionPass.Packed;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/**
 * The gradients of attention by blocks of keys, all queries at a time. With the logarithm L of a query's sum of
 * exponentials, Pᵀ = exp(k qᵀ / sqrt(width) - L) and dSᵀ = Pᵀ * (v dyᵀ - D) each come out of one product, where
 * D = rowsum(dy * y) equals rowsum(P * dP) (Dao et al. 2022, "FlashAttention", appendix B.2). L and D enter the products
 * as {@link ExtraColumns}. dk = dSᵀ q and dv = Pᵀ dy are complete with each block; dq = dS k is summed over the blocks
 * in float32.
 */
final class FusedBackward implements AutoCloseable {
    private final AttentionShape whole;
    private final AttentionPass pass;
    private final AttentionOperations copies;
    private final Dnnl context;
    private final FusedOperations operations;
    private final long heads;
    private final Packed queryRows;
    private final Packed gradientRows;
    private final Packed queryColumns;
    private final Packed gradientColumns;
    private final NdTensor columns;
    private final NdTensor keys;
    private final NdTensor values;
    private final NdTensor left;
    private final NdTensor right;
    private final NdTensor means;
    private final NdTensor p;
    private final NdTensor ds;
    private final NdTensor querySums;

    /** @param whole with the roles of queries and keys exchanged */
    FusedBackward(Dnnl context, Memory memory, AttentionShape whole) {
        this.context = context;
        this.whole = whole;
        pass = new AttentionPass(context, memory, whole);
        copies = new AttentionOperations(context);
        operations = new FusedOperations(context);
        heads = whole.heads();
        queryRows = pass.rows();
        gradientRows = pass.rows();
        memory.desc any = whole.any(whole.extended(), whole.keys());
        queryColumns = pass.packed(operations.shiftedExponentials(whole, any));
        gradientColumns = pass.packed(operations.weighted(whole, any));
        columns = extended(whole.keys());
        keys = extended(whole.queries());
        values = extended(whole.queries());
        extra(keys).ones(heads * whole.queries());
        extra(values).ones(heads * whole.queries());
        left = pass.buffer(DType.F32, heads * whole.keys() * whole.width());
        right = pass.buffer(DType.F32, heads * whole.keys() * whole.width());
        means = pass.buffer(DType.F32, heads * whole.keys());
        p = pass.block(whole.type());
        ds = pass.block(whole.type());
        querySums = pass.sums();
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
            long row = token * whole.extended() * whole.type().bytes();
            operations
                    .shiftedExponentials(s, queryColumns.layout())
                    .run(keys.address() + row, queryColumns.address(), p.address());
            pass.weigh(s, p, gradientRows, 1, dv, at);
            operations
                    .weighted(s, gradientColumns.layout())
                    .run(values.address() + row, gradientColumns.address(), ds.address(), p.address());
            pass.weigh(s, ds, queryRows, whole.scale(), dk, at);
            pass.gather(s, k, at, ds, whole.scale(), querySums);
        }
        pass.unload(querySums, dq, corner);
    }

    private void pack(NdTensor q, NdTensor dy, NdTensor y, NdTensor logs, Corner corner) {
        pass.packRows(q, corner, queryRows);
        pass.packRows(dy, corner, gradientRows);
        extendColumns(q, corner);
        shift(logs, corner);
        packColumns(queryColumns);
        extendColumns(dy, corner);
        subtractMeans(dy, y, corner);
        packColumns(gradientColumns);
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

    private void packColumns(Packed to) {
        copies.reorder(whole.key("packExtended", 0), whole::extendedColumns, to::layout)
                .run(columns.address(), to.address());
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
