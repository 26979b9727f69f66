package org.loraspark.tensor.onednn;

import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.javacpp.Pointer;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Kernels that move values, and the sums that take such a move back. */
final class ShapeKernels extends Kernels {
    /** Even and odd rows and columns. */
    static final int PHASES = 4;

    ShapeKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /** Four copies of each sample: to the even and the odd rows and columns. */
    NdTensor upsample(NdTensor x, long height, long width) {
        NdTensor y = memory.empty(x.dtype(), x.dim(0), height, width, x.last());
        requireDoubled("upsample", x, y);
        for (int phase = 0; phase < PHASES; phase++) {
            spread(x, y, phase);
        }
        return y;
    }

    /**
     * Copies pictures to every other row and column of pictures about twice as large.
     *
     * @param phase whether to the odd rows, times two, and whether to the odd columns
     */
    void spread(NdTensor small, NdTensor large, int phase) {
        move(small, large, phase, true);
    }

    /** The way back of {@link #spread}. */
    void collect(NdTensor large, NdTensor small, int phase) {
        move(small, large, phase, false);
    }

    private void move(NdTensor small, NdTensor large, int phase, boolean spread) {
        long odd = phase / 2;
        long oddColumn = phase % 2;
        long rows = (large.dim(1) + 1 - odd) / 2;
        long columns = (large.dim(2) + 1 - oddColumn) / 2;
        long start = (odd * large.dim(2) + oddColumn) * small.last();
        for (long b = 0; b < small.dim(0) && rows * columns > 0; b++) {
            long dense = small.address()
                    + b * (small.size() / small.dim(0)) * small.dtype().bytes();
            long sparse = large.address()
                    + (b * (large.size() / small.dim(0)) + start)
                            * small.dtype().bytes();
            move(small.dtype(), rows, columns, small.last(), small.dim(2), large.dim(2), spread)
                    .run(spread ? dense : sparse, spread ? sparse : dense);
        }
    }

    /** Between the top left of a picture {@code from} pixels wide and every other pixel of one {@code to} pixels wide. */
    private Operation move(DType dtype, long rows, long columns, long channels, long from, long to, boolean spread) {
        if (dtype.bytes() == 2 && channels % 2 == 0) {
            return move(DType.F32, rows, columns, channels / 2, from, to, spread);
        }
        Key key = Key.of("phase", dtype.ordinal(), rows, columns, channels, from, to, spread ? 1 : 0);
        return context.operation(key, () -> {
            long[] dims = {rows, columns, channels};
            memory.desc dense = Dnnl.strided(dtype, dims, new long[] {from * channels, channels, 1});
            memory.desc sparse = Dnnl.strided(dtype, dims, new long[] {2 * to * channels, 2 * channels, 1});
            return context.reorder(spread ? dense : sparse, spread ? sparse : dense, PostOps.none());
        });
    }

    /** The sum of up to four is four times the average, with zeros past the edge. */
    void upsampleBackward(NdTensor dy, NdTensor dx, double beta) {
        requireDoubled("upsampleBackward", dx, dy);
        NdTensor target = target(dx, beta);
        long[] small = dx.shape();
        long[] large = dy.shape();
        Key key = Key.of(
                "upsampleBackward", dx.dtype().ordinal(), small[0], small[1], small[2], small[3], large[1], large[2]);
        context.operation(
                        key,
                        () -> sum(
                                Dnnl.channelsLast(dx.dtype(), large[0], large[3], large[1], large[2]),
                                Dnnl.channelsLast(dx.dtype(), small[0], small[3], small[1], small[2]),
                                new long[] {2, 2},
                                new long[] {2 * small[1] - large[1], 2 * small[2] - large[2]}))
                .run(dy.address(), target.address());
        settle(target, dx);
    }

    NdTensor concat(NdTensor a, NdTensor b) {
        require(a.rows() == b.rows() && a.shape().length == b.shape().length, "concat", a, b);
        long width = a.last() + b.last();
        NdTensor y = memory.empty(a.dtype(), Shapes.withLast(a.shape(), width));
        window(a.dtype(), a.rows(), a.last(), a.last(), width, 0).run(a.address(), y.address());
        window(a.dtype(), a.rows(), b.last(), b.last(), width, 0)
                .run(b.address(), y.address() + a.last() * a.dtype().bytes());
        return y;
    }

    void columns(NdTensor x, long offset, NdTensor dx, double beta) {
        require(x.rows() == dx.rows() && offset >= 0 && offset + dx.last() <= x.last(), "columns", x, dx);
        NdTensor target = target(dx, beta);
        window(x.dtype(), x.rows(), dx.last(), x.last(), dx.last(), 0)
                .run(x.address() + offset * x.dtype().bytes(), target.address());
        settle(target, dx);
    }

    NdTensor embedding(int[] ids, NdTensor table) {
        require(table.shape().length == 2, "embedding", table);
        NdTensor y = memory.empty(table.dtype(), ids.length, table.last());
        long bytes = table.last() * table.dtype().bytes();
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= table.dim(0)) {
                throw new IllegalArgumentException(
                        "embedding: id " + ids[i] + " in a table " + Shapes.toString(table.shape()));
            }
            Pointer.memcpy(
                    NativeFloats.at(y.address() + i * bytes, 0),
                    NativeFloats.at(table.address() + ids[i] * bytes, 0),
                    bytes);
        }
        return table.dtype() == DType.F32 || type != DType.F32 ? y : widened(y);
    }

    private NdTensor widened(NdTensor halves) {
        NdTensor y = memory.empty(DType.F32, halves.shape());
        context.halves().widen(halves, y.address());
        memory.release(halves);
        return y;
    }

    NdTensor addPerSample(NdTensor x, NdTensor rows) {
        requireSamples("addPerSample", x, rows);
        NdTensor y = memory.empty(x.dtype(), x.shape());
        long pixels = x.rows() / x.dim(0);
        long sample = pixels * x.last() * x.dtype().bytes();
        Operation add = addRow(x.dtype(), pixels, x.last(), rows.dtype());
        for (long b = 0; b < x.dim(0); b++) {
            add.run(
                    x.address() + b * sample,
                    rows.address() + b * x.last() * rows.dtype().bytes(),
                    y.address() + b * sample);
        }
        return y;
    }

    void addPerSampleBackward(NdTensor dy, NdTensor drows, double beta) {
        requireSamples("addPerSampleBackward", dy, drows);
        NdTensor target = target(drows, beta);
        long pixels = dy.rows() / dy.dim(0);
        Key key = Key.of("sumPixels", dy.dtype().ordinal(), drows.dtype().ordinal(), dy.dim(0), pixels, dy.last());
        context.operation(
                        key,
                        () -> sum(
                                Dnnl.channelsLast(dy.dtype(), dy.dim(0), dy.last(), pixels, 1),
                                Dnnl.channelsLast(drows.dtype(), dy.dim(0), dy.last(), 1, 1),
                                new long[] {pixels, 1},
                                new long[] {0, 0}))
                .run(dy.address(), target.address());
        settle(target, drows);
    }

    /**
     * Sums over a window, as an average times its size: the one sum over pixels that oneDNN has in vector code, and never
     * shared between threads.
     *
     * @param past how far the last window reaches past the edge
     */
    private Operation sum(memory.desc from, memory.desc to, long[] window, long[] past) {
        long[] none = {0, 0};
        pooling_forward.primitive_desc pd = new pooling_forward.primitive_desc(
                Dnnl.CPU,
                prop_kind.forward_inference,
                algorithm.pooling_avg_include_padding,
                from,
                to,
                window,
                window,
                none,
                none,
                past,
                PostOps.none().scale(window[0] * window[1]).attributes(),
                false);
        return new Operation(context, pd, new pooling_forward(pd))
                .with(Operation.SRC, from)
                .with(Operation.DST, to);
    }

    private static void requireSamples(String kernel, NdTensor x, NdTensor rows) {
        require(
                x.shape().length >= 2 && rows.shape().length == 2 && rows.dim(0) == x.dim(0) && rows.dim(1) == x.last(),
                kernel,
                x,
                rows);
    }
}
