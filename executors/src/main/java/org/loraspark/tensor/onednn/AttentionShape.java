package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * The rectangle of score matrices of one picture that one chain of primitives works on, {@code [heads, run, keys]}, and where
 * its operands lie: heads stay interleaved in {@code [batch, tokens, dim]} and are reached through strides.
 *
 * @param heads heads together
 * @param width of a head
 * @param dim of all heads of a picture
 * @param queries of a picture
 * @param run queries together
 */
record AttentionShape(DType type, long heads, long width, long dim, long queries, long keys, long run) {
    /** Values in a vector register of float32; products of other widths fall to a slower path. */
    private static final long LANES = 16;

    /** Where a rectangle begins. */
    record Corner(long sample, long head, long query) {}

    /** Some of the keys. */
    record Part(long from, AttentionShape shape) {}

    /** The keys by about equal parts of at most so many. */
    List<Part> parts(long most) {
        List<Part> parts = new ArrayList<>();
        long size = even(keys, most);
        for (long from = 0; from < keys; from += size) {
            parts.add(new Part(from, withKeys(Math.min(size, keys - from))));
        }
        return parts;
    }

    /** The size of about equal parts of at most so many tokens: full registers, but for the last. */
    static long even(long tokens, long most) {
        long parts = (tokens + most - 1) / most;
        long size = (tokens + parts - 1) / parts;
        return Math.min(Math.min(tokens, most), (size + LANES - 1) / LANES * LANES);
    }

    /** With the roles of queries and keys exchanged. */
    AttentionShape exchanged(long other) {
        return new AttentionShape(type, heads, width, dim, keys, queries, other);
    }

    AttentionShape withKeys(long other) {
        return new AttentionShape(type, heads, width, dim, queries, other, run);
    }

    AttentionShape withRun(long other) {
        return new AttentionShape(type, heads, width, dim, queries, keys, other);
    }

    /** What scores are multiplied with before the softmax. */
    double scale() {
        return 1 / Math.sqrt(width);
    }

    /** Width of a head's copy that is filled up with zeros. */
    long padded() {
        return (width + LANES - 1) / LANES * LANES;
    }

    /** Width of a head's copy with {@link ExtraColumns}. */
    long extended() {
        return width + ExtraColumns.count(type);
    }

    /** The same, filled up with zeros. */
    long summed() {
        return (extended() + LANES - 1) / LANES * LANES;
    }

    /** Rows of scores of a block. */
    long rows() {
        return heads * run;
    }

    /** Scores of a block. */
    long scores() {
        return heads * run * keys;
    }

    Key key(String kind, long flag) {
        return Key.of(kind, type.ordinal(), heads, width, dim, queries, keys, run, flag);
    }

    /** {@code [heads, rows, columns]}, row-major. */
    memory.desc dense(DType of, long rows, long columns) {
        return Dnnl.dense(of, heads, rows, columns);
    }

    memory.desc any(long rows, long columns) {
        return Dnnl.any(type, heads, rows, columns);
    }

    /** The part {@code [.., width]} of a row-major array {@code [.., wide]}. */
    memory.desc part(DType of, long rows, long wide) {
        return Dnnl.strided(of, new long[] {heads, rows, width}, new long[] {rows * wide, wide, 1});
    }

    /** A run of rows of a row-major array {@code [.., queries, extended]}. */
    memory.desc extendedRows() {
        long wide = extended();
        return Dnnl.strided(type, new long[] {heads, run, wide}, new long[] {queries * wide, wide, 1});
    }

    /** So many rows of a row-major array {@code [.., tokens, extended]}, transposed: {@code [heads, extended, keys]}. */
    memory.desc extendedColumns(long tokens) {
        long wide = extended();
        return Dnnl.strided(type, new long[] {heads, wide, keys}, new long[] {tokens * wide, 1, wide});
    }

    /** Rows of tokens: {@code [heads, rows, width]} of an interleaved tensor. */
    memory.desc interleaved(long rows) {
        return Dnnl.strided(type, new long[] {heads, rows, width}, new long[] {width, dim, 1});
    }

    /** Columns of tokens: {@code [heads, width, columns]} of an interleaved tensor. */
    memory.desc upright(long columns) {
        return Dnnl.strided(type, new long[] {heads, width, columns}, new long[] {width, 1, dim});
    }

    /** Of a tensor's values at a corner. */
    long address(NdTensor x, Corner corner, long token) {
        long element = (corner.sample * x.dim(1) + token) * dim + corner.head * width;
        return x.address() + element * type.bytes();
    }

    /** Whether heads of this width fill registers; products of other widths fall to a slower path. */
    static boolean fillsRegisters(long dim, int heads) {
        return dim % (heads * LANES) == 0;
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
