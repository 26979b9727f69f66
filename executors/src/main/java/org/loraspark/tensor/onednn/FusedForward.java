package org.loraspark.tensor.onednn;

import java.nio.FloatBuffer;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionPass.Packed;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/**
 * Attention without a softmax of its own: the product of q and k ends in the exponential, a column of ones beside v
 * sums the exponentials, and the result is divided by the sums.
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
    private final Packed keys;
    private final Packed values;
    private final NdTensor valuesAndOnes;
    private final NdTensor exponentials;
    private final NdTensor sums;
    private final NdTensor factors;

    FusedForward(Dnnl context, Memory memory, AttentionShape whole) {
        this.whole = whole;
        pass = new AttentionPass(context, memory, whole);
        copies = new AttentionOperations(context);
        operations = new FusedOperations(context);
        keys = pass.packed(operations.exponentials(whole, whole.any(whole.width(), whole.keys())));
        values = pass.packed(operations.sums(whole, whole.any(whole.keys(), whole.summed())));
        long tokens = whole.heads() * whole.keys();
        valuesAndOnes = pass.buffer(whole.type(), tokens * whole.summed());
        Transfers.zero(valuesAndOnes);
        new ExtraColumns(whole.type(), valuesAndOnes, whole.summed(), whole.width()).ones(tokens);
        exponentials = pass.block(whole.type());
        sums = pass.buffer(DType.F32, whole.rows() * whole.summed());
        factors = pass.buffer(DType.F32, whole.rows());
    }

    /**
     * Writes the corner's heads of y, and the logarithms of their sums.
     *
     * @param logs {@code [batch, queries, heads]}
     * @return whether the sums were in range; what is written is worth nothing otherwise
     */
    boolean heads(NdTensor q, NdTensor k, NdTensor v, Corner corner, NdTensor y, NdTensor logs) {
        pass.packColumns(k, corner, keys);
        copies.reorder(
                        whole.key("besideOnes", 0),
                        () -> whole.interleaved(whole.keys()),
                        () -> whole.part(whole.type(), whole.keys(), whole.summed()))
                .run(whole.address(v, corner, 0), valuesAndOnes.address());
        copies.reorder(
                        whole.key("packOnes", 0),
                        () -> whole.dense(whole.type(), whole.keys(), whole.summed()),
                        values::layout)
                .run(valuesAndOnes.address(), values.address());
        for (long query = 0; query < whole.queries(); query += whole.run()) {
            AttentionShape s = whole.withRun(Math.min(whole.run(), whole.queries() - query));
            Corner at = new Corner(corner.sample(), corner.head(), query);
            operations
                    .exponentials(s, keys.layout())
                    .run(s.address(q, at, query), keys.address(), exponentials.address());
            operations.sums(s, values.layout()).run(exponentials.address(), values.address(), sums.address());
            if (!invert(s, at, logs)) {
                return false;
            }
            operations.divide(s).run(sums.address(), s.address(y, at, query), factors.address());
        }
        return true;
    }

    private boolean invert(AttentionShape s, Corner at, NdTensor logs) {
        int wide = Math.toIntExact(s.summed());
        int run = Math.toIntExact(s.run());
        int allHeads = Math.toIntExact(s.dim() / s.width());
        FloatBuffer from = NativeFloats.floats(sums);
        FloatBuffer inverse = NativeFloats.floats(factors);
        FloatBuffer to = NativeFloats.floats(logs);
        for (int head = 0; head < s.heads(); head++) {
            int log = Math.toIntExact((at.sample() * s.queries() + at.query()) * allHeads + at.head() + head);
            for (int i = 0; i < run; i++) {
                int row = head * run + i;
                float sum = from.get(row * wide + (int) s.width());
                if (!(sum > LEAST && sum < MOST)) {
                    return false;
                }
                inverse.put(row, 1 / sum);
                to.put(log + i * allHeads, (float) Math.log(sum));
            }
        }
        return true;
    }

    @Override
    public void close() {
        pass.close();
    }
}
