package org.loraspark.tensor.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * The rectangle of score matrices that one chain of primitives works on, {@code [samples, heads, run, keys]}, and where
 * its operands lie: heads stay interleaved in {@code [batch, tokens, dim]} and are reached through strides.
 *
 * @param samples pictures together
 * @param heads heads together
 * @param width of a head
 * @param dim of all heads of a picture
 * @param queries of a picture
 * @param run queries together
 */
record AttentionShape(DType type, long samples, long heads, long width, long dim, long queries, long keys, long run) {
    /** Values in a vector register of float32; products of other widths fall to a slower path. */
    private static final long LANES = 16;

    /** Where a rectangle begins. */
    record Corner(long sample, long head, long query) {}

    AttentionShape withRun(long other) {
        return new AttentionShape(type, samples, heads, width, dim, queries, keys, other);
    }

    /** What scores are multiplied with before the softmax. */
    double scale() {
        return 1 / Math.sqrt(width);
    }

    /** Width of a head's copy that is filled up with zeros. */
    long padded() {
        return (width + LANES - 1) / LANES * LANES;
    }

    /** Scores of a block. */
    long scores() {
        return samples * heads * run * keys;
    }

    Key key(String kind, long flag) {
        return Key.of(kind, type.ordinal(), samples, heads, width, dim, queries, keys, run, flag);
    }

    /** {@code [samples, heads, rows, columns]}, row-major. */
    memory.desc dense(DType of, long rows, long columns) {
        return Dnnl.dense(of, samples, heads, rows, columns);
    }

    memory.desc any(long rows, long columns) {
        return Dnnl.any(type, samples, heads, rows, columns);
    }

    /** The part {@code [.., width]} of a row-major array {@code [.., padded]}. */
    memory.desc unpadded(long rows) {
        long wide = padded();
        return Dnnl.strided(
                type, new long[] {samples, heads, rows, width}, new long[] {heads * rows * wide, rows * wide, wide, 1});
    }

    /** Rows of tokens: {@code [samples, heads, rows, width]} of an interleaved tensor. */
    memory.desc interleaved(long tokens, long rows) {
        return Dnnl.strided(type, new long[] {samples, heads, rows, width}, new long[] {tokens * dim, width, dim, 1});
    }

    /** Columns of tokens: {@code [samples, heads, width, columns]} of an interleaved tensor. */
    memory.desc upright(long tokens, long columns) {
        return Dnnl.strided(
                type, new long[] {samples, heads, width, columns}, new long[] {tokens * dim, width, 1, dim});
    }

    /** Of a tensor's values at a corner. */
    long address(NdTensor x, Corner corner, long token) {
        long element = (corner.sample * x.dim(1) + token) * dim + corner.head * width;
        return x.address() + element * type.bytes();
    }

    static boolean fits(NdTensor q, NdTensor k, NdTensor v, int heads) {
        return q.shape().length == 3
                && k.shape().length == 3
                && heads > 0
                && q.last() % heads == 0
                && q.dim(0) == k.dim(0)
                && q.last() == k.last()
                && Arrays.equals(k.shape(), v.shape());
    }
}
