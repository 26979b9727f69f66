package org.loraspark.tensor.onednn;

import static org.loraspark.tensor.onednn.FrozenWeight.Role.BACKWARD;
import static org.loraspark.tensor.onednn.FrozenWeight.Role.FORWARD;

import java.util.function.LongConsumer;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.FrozenWeight.Role;

/**
 * 3x3 convolutions of many pixels and channels in bf16 with two thirds of the multiplications: Winograd's minimal filtering
 * F(2, 3) over the rows of a picture (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks"). Rows 2j
 * and 2j + 1 of the result come of rows 2j - 1 to 2j + 2 of the picture, a to d, and of the filter's rows f, g, h:
 *
 * <pre>
 * p = (a - c) * f    q = (b + c) * (f + g + h) / 2    r = (c - b) * (f - g + h) / 2    s = (d - b) * h
 * y[2j] = p + q + r    y[2j + 1] = q - r + s
 * </pre>
 *
 * where {@code *} is a 1x3 convolution along a row. Its coefficients are ones and a half, so what is rounded to bf16, sums
 * of two rows and of three taps, loses about what rounding a row and a filter loses; products are added in float32. Where
 * AMX multiplies, sums take longer than the multiplications that they save.
 */
final class RowPairKernels extends RowKernels {
    /** What is convolved for a pair of rows, with the names of the formula. */
    private static final int PARTS = 4;

    private static final int P = 0;
    private static final int Q = 1;
    private static final int R = 2;
    private static final int S = 3;

    /** Filters that are no row of the filter. */
    private static final int FILTER_SUMS = 2;

    private static final long CACHE_LINE = 64;

    /** Rows of the result that are made together. */
    private static final int PAIR = 2;

    /** With fewer channels on either side, or fewer values of a picture there, sums cost more than products save. */
    private static final long LEAST_CHANNELS = 256;

    private static final long LEAST_VALUES = 300_000;

    /** Pixels of the result that are worked on together: enough to use a filter well, */
    private static final long FEW_PIXELS = 2048;

    /** and few enough to stay near the processor. */
    private static final long MOST_VALUES = 1 << 21;

    /** Sums of rows of so few values do not repay a second thread. */
    private static final long SHORT_ROW = 1 << 15;

    RowPairKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /** A convolution in one direction, with the sizes of one picture. */
    private record Sizes(Role role, long in, long out, long height, long width) {
        long pairs() {
            return ceil(height, PAIR);
        }

        /** Pairs of rows that are worked on together; the last band may have fewer. */
        long band() {
            long fitting = MOST_VALUES / (PARTS * width * (in + out));
            return RowKernels.band(pairs(), fitting, ceil(FEW_PIXELS, PAIR * width));
        }
    }

    /** Of one picture's size, whatever their number: a filter is not to be held in two layouts. */
    @Override
    public boolean suits(PackedConv w, NdTensor x) {
        long channels = Math.min(w.in(), w.out());
        return type == DType.BF16
                && !Isa.amx()
                && w.keepsSize(Winograd.TAPS)
                && channels >= LEAST_CHANNELS
                && x.dim(1) * x.dim(2) * channels >= LEAST_VALUES;
    }

    @Override
    public void forward(NdTensor x, PackedConv w, NdTensor residual, NdTensor y) {
        filter(x, w, new Sizes(FORWARD, w.in(), w.out(), x.dim(1), x.dim(2)), residual, y);
    }

    @Override
    public void backward(NdTensor dy, PackedConv w, NdTensor dx, double beta) {
        filter(dy, w, new Sizes(BACKWARD, w.out(), w.in(), dy.dim(1), dy.dim(2)), beta == 0 ? null : dx, dx);
    }

    private void filter(NdTensor x, PackedConv w, Sizes sizes, NdTensor added, NdTensor y) {
        long most = sizes.band();
        Operation convolution = alongRows(w, sizes.role, most, sizes.width, DType.F32);
        Workspace space = workspace(sizes, most, convolution.weights());
        long[] filters = filters(w, sizes.role, convolution.weights(), space.filters);
        for (long sample = 0; sample < x.dim(0); sample++) {
            Picture from = new Picture(x, sample);
            Picture to = new Picture(y, sample);
            Picture plus = added == null ? null : new Picture(added, sample);
            for (long band = 0; band < sizes.pairs(); band += most) {
                long first = band;
                long pairs = Math.min(most, sizes.pairs() - first);
                each(pairs, from.rowValues(), pair -> add(from, (first + pair) * PAIR, space.sums, pair));
                for (int part = 0; part < PARTS; part++) {
                    // What is added to q is added to both rows of the result.
                    convolve(
                            convolution,
                            w,
                            sizes.role,
                            part == Q,
                            space.sums.of(part, 0),
                            filters[part],
                            space.products.of(part, 0));
                }
                each(pairs, to.rowValues(), pair -> join(space.products, pair, to, (first + pair) * PAIR, plus));
            }
        }
    }

    /** What is computed on the way, in memory that all convolutions share. */
    private record Workspace(Rows sums, Rows products, Rows filters) {}

    private Workspace workspace(Sizes sizes, long pairs, Layout layout) {
        Rows sums = new Rows(0, PARTS, pairs, sizes.width * sizes.in * type.bytes());
        Rows products = new Rows(sums.end(), PARTS, pairs, sizes.width * sizes.out * DType.F32.bytes());
        Rows filters = new Rows(products.end(), FILTER_SUMS, 1, layout.rowBytes());
        long address = context.workspace(filters.end());
        return new Workspace(sums.from(address), products.from(address), filters.from(address));
    }

    /** For each of several parts a row of each pair, one after the other. */
    private record Rows(long address, long parts, long pairs, long bytes) {
        long of(int part, long pair) {
            return address + (part * pairs + pair) * bytes;
        }

        /** Where other rows can begin. */
        long end() {
            return ceil(address + parts * pairs * bytes, CACHE_LINE) * CACHE_LINE;
        }

        Rows from(long start) {
            return new Rows(start + address, parts, pairs, bytes);
        }
    }

    /** Does something for each pair of rows of so many values. */
    private static void each(long pairs, long values, LongConsumer pair) {
        Isa.withThreads(values < SHORT_ROW ? 1 : Long.MAX_VALUE, () -> {
            for (long i = 0; i < pairs; i++) {
                pair.accept(i);
            }
            return null;
        });
    }

    /** One of the pictures of a tensor. */
    private record Picture(NdTensor pictures, long number) {
        boolean has(long row) {
            return row >= 0 && row < pictures.dim(1);
        }

        long rowValues() {
            return pictures.dim(2) * pictures.dim(3);
        }

        long row(long row) {
            return RowKernels.row(pictures, number * pictures.dim(1) + row);
        }
    }

    /** a - c, b + c, c - b and d - b; b is the row {@code first}. */
    private void add(Picture x, long first, Rows sums, long pair) {
        long values = x.rowValues();
        long a = rowOrZeros(x, first - 1, values);
        long b = rowOrZeros(x, first, values);
        long c = rowOrZeros(x, first + 1, values);
        long d = rowOrZeros(x, first + 2, values);
        Operation plus = twoRows(values, algorithm.binary_add);
        Operation minus = twoRows(values, algorithm.binary_sub);
        minus.run(a, c, sums.of(P, pair));
        plus.run(b, c, sums.of(Q, pair));
        minus.run(c, b, sums.of(R, pair));
        minus.run(d, b, sums.of(S, pair));
    }

    private long rowOrZeros(Picture x, long row, long values) {
        return x != null && x.has(row) ? x.row(row) : zeros(values);
    }

    private Operation twoRows(long values, algorithm kind) {
        return context.operation(Key.of("pairSum", values, kind.value), () -> {
            memory.desc row = Dnnl.dense(type, values);
            return context.binary(kind, row, row, row, PostOps.none());
        });
    }

    /** p + q + r and q - r + s, and a row of {@code plus} on each. */
    private void join(Rows products, long pair, Picture y, long first, Picture plus) {
        long values = y.rowValues();
        long q = products.of(Q, pair);
        long r = products.of(R, pair);
        join(values, algorithm.binary_add)
                .run(rowOrZeros(plus, first, values), q, y.row(first), r, products.of(P, pair));
        if (y.has(first + 1)) {
            join(values, algorithm.binary_sub)
                    .run(rowOrZeros(plus, first + 1, values), q, y.row(first + 1), r, products.of(S, pair));
        }
    }

    /** On a row, q, the sum of all, r, which is added or subtracted, and p or s. */
    private Operation join(long values, algorithm kind) {
        return context.operation(Key.of("pairJoin", values, kind.value), () -> {
            memory.desc product = Dnnl.dense(DType.F32, values);
            memory.desc result = Dnnl.dense(type, values);
            return context.binary(
                    algorithm.binary_add,
                    result,
                    product,
                    result,
                    PostOps.none().binary(kind, product).add(product));
        });
    }

    /** The outer rows as they lie, and half the sums of all three; the input gradient's filter is turned round. */
    private long[] filters(PackedConv w, Role role, Layout layout, Rows sums) {
        long rows = w.weight().address(role, layout, context);
        long f = rows + (role == FORWARD ? 0 : 2) * layout.rowBytes();
        long g = rows + layout.rowBytes();
        long h = rows + (role == FORWARD ? 2 : 0) * layout.rowBytes();
        long values = layout.rowBytes() / type.bytes();
        halfSum(values, algorithm.binary_add).run(f, g, sums.of(0, 0), h);
        halfSum(values, algorithm.binary_sub).run(f, g, sums.of(1, 0), h);
        return new long[] {f, sums.of(0, 0), sums.of(1, 0), h};
    }

    private Operation halfSum(long values, algorithm kind) {
        return context.operation(Key.of("pairFilter", values, kind.value), () -> {
            memory.desc row = Dnnl.dense(type, values);
            return context.binary(kind, row, row, row, PostOps.none().add(row).scale(0.5));
        });
    }
}
