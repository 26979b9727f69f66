package org.loraspark.tensor.onednn;

import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * 3x3 convolutions of few pixels as one matrix product, with a filter of two bytes a value as it lies in the file: {@code
 * y = C Wᵀ} with C the pixels' surroundings, {@code [pixels, in * 9]}, and W {@code [out, in * 9]}; the input gradient is
 * {@code dy W}, each column added to the pixel that it came from. Where pixels are few a convolution reads its filter
 * about as often as it uses it, and writing the filter out in float32 would cost more than the sums.
 */
final class ColumnKernels extends Kernels implements ConvMethod {
    private static final int KERNEL = 3;
    private static final int TAPS = KERNEL * KERNEL;
    private static final int CENTRE = 4;

    ColumnKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /** The rectangle of pixels that see a neighbour inside the picture, for one tap of the filter. */
    private record Tap(int index, long height, long width) {
        int down() {
            return index / KERNEL - 1;
        }

        int right() {
            return index % KERNEL - 1;
        }

        long rows() {
            return height - Math.abs(down());
        }

        long columns() {
            return width - Math.abs(right());
        }

        /** The first pixel that has the neighbour. */
        long pixel() {
            return Math.max(0, -down()) * width + Math.max(0, -right());
        }

        /** The first neighbour. */
        long neighbour() {
            return Math.max(0, down()) * width + Math.max(0, right());
        }
    }

    @Override
    public boolean suits(PackedConv w, NdTensor x) {
        return type == DType.F32
                && w.weight().isHalf()
                && w.keepsSize(KERNEL)
                && x.dim(0) * x.dim(1) * x.dim(2) <= Math.max(w.in(), w.out());
    }

    @Override
    public void forward(NdTensor x, PackedConv w, NdTensor residual, NdTensor y) {
        NdTensor columns = memory.empty(type, x.size() * TAPS);
        Transfers.zero(columns);
        for (int tap = 0; tap < TAPS; tap++) {
            Tap t = new Tap(tap, x.dim(1), x.dim(2));
            spread(x, t).run(x.address() + t.neighbour() * w.in() * type.bytes(), columns.address() + at(t, w));
        }
        long terms = w.in() * TAPS;
        FrozenWeight.Held filter = w.weight().inFile(context);
        for (long from = 0; from < terms; from += MatrixKernels.LONGEST_SUM) {
            long count = Math.min(MatrixKernels.LONGEST_SUM, terms - from);
            long left = columns.address() + from * type.bytes();
            long right = filter.address() + from * filter.type().bytes();
            if (from > 0) {
                sum(w, x.rows(), count, filter.type()).run(left, right, y.address());
            } else if (residual == null) {
                sumAndBias(w, x.rows(), count, filter.type(), false)
                        .run(left, right, y.address(), w.bias().address());
            } else {
                sumAndBias(w, x.rows(), count, filter.type(), true)
                        .run(left, right, y.address(), w.bias().address(), residual.address());
            }
        }
        memory.release(columns);
    }

    @Override
    public void backward(NdTensor dy, PackedConv w, NdTensor dx, double beta) {
        NdTensor columns = memory.empty(type, dx.size() * TAPS);
        long terms = w.in() * TAPS;
        FrozenWeight.Held filter = w.weight().inFile(context);
        for (long from = 0; from < w.out(); from += MatrixKernels.LONGEST_SUM) {
            long count = Math.min(MatrixKernels.LONGEST_SUM, w.out() - from);
            long right = filter.address() + from * terms * filter.type().bytes();
            gradient(w, dy.rows(), count, filter.type(), from > 0)
                    .run(dy.address() + from * type.bytes(), right, columns.address());
        }
        for (int i = 0; i < TAPS; i++) {
            // The centre first, because it writes every pixel.
            Tap t = new Tap((CENTRE + i) % TAPS, dx.dim(1), dx.dim(2));
            gather(dx, t, i == 0 ? beta : 1)
                    .run(columns.address() + at(t, w), dx.address() + t.neighbour() * w.in() * type.bytes());
        }
        memory.release(columns);
    }

    /** From the columns' start to a tap's first value. */
    private long at(Tap t, PackedConv w) {
        return (t.pixel() * w.in() * TAPS + t.index()) * type.bytes();
    }

    /** result += some of the sums' terms, on columns, filter and result. */
    private Operation sum(PackedConv w, long pixels, long count, DType filter) {
        return context.operation(
                Key.of("columns", pixels, count, w.in(), w.out(), filter.ordinal()),
                () -> forward(w, pixels, count, filter, PostOps.none().sum()));
    }

    /** The first of the sums' terms, plus bias and residual, on columns, filter, result, bias and residual. */
    private Operation sumAndBias(PackedConv w, long pixels, long count, DType filter, boolean residual) {
        return context.operation(
                Key.of("columnsBias", pixels, count, w.in(), w.out(), filter.ordinal(), residual ? 1 : 0), () -> {
                    PostOps postOps = PostOps.none().add(Dnnl.dense(type, 1, w.out()));
                    return forward(
                            w,
                            pixels,
                            count,
                            filter,
                            residual ? postOps.add(Dnnl.dense(type, pixels, w.out())) : postOps);
                });
    }

    private Operation forward(PackedConv w, long pixels, long count, DType filter, PostOps postOps) {
        long terms = w.in() * TAPS;
        return context.product(
                rows(type, pixels, count, terms),
                Dnnl.strided(filter, new long[] {count, w.out()}, new long[] {1, terms}),
                Dnnl.dense(type, pixels, w.out()),
                postOps);
    }

    /** columns (+)= gradient times filter, over some of the outputs, on these. */
    private Operation gradient(PackedConv w, long pixels, long count, DType filter, boolean more) {
        long terms = w.in() * TAPS;
        return context.operation(
                Key.of("columnsBackward", pixels, count, w.in(), w.out(), filter.ordinal(), more ? 1 : 0),
                () -> context.product(
                        rows(type, pixels, count, w.out()),
                        Dnnl.dense(filter, count, terms),
                        Dnnl.dense(type, pixels, terms),
                        PostOps.none().accumulate(more ? 1 : 0)));
    }

    private static memory.desc rows(DType type, long rows, long columns, long wide) {
        return Dnnl.strided(type, new long[] {rows, columns}, new long[] {wide, 1});
    }

    /** Copies neighbours into one column of each input channel. */
    private Operation spread(NdTensor x, Tap t) {
        return context.operation(
                key("columnsSpread", x, t, 0), () -> context.reorder(pixels(x, t), columns(x, t), PostOps.none()));
    }

    /** beta * pixels + one column of each input channel. */
    private Operation gather(NdTensor x, Tap t, double beta) {
        return context.operation(
                key("columnsGather", x, t, (long) beta),
                () -> context.reorder(
                        columns(x, t), pixels(x, t), PostOps.none().accumulate(beta)));
    }

    private static Key key(String kind, NdTensor x, Tap t, long flag) {
        return Key.of(kind, x.dim(0), x.dim(1), x.dim(2), x.dim(3), t.index(), flag);
    }

    private memory.desc pixels(NdTensor x, Tap t) {
        return rectangle(x, t, 1);
    }

    private memory.desc columns(NdTensor x, Tap t) {
        return rectangle(x, t, TAPS);
    }

    /** The tap's rectangle, of values that lie so far apart. */
    private memory.desc rectangle(NdTensor x, Tap t, long apart) {
        long pixel = x.dim(3) * apart;
        return Dnnl.strided(type, new long[] {x.dim(0), t.rows(), t.columns(), x.dim(3)}, new long[] {
            x.dim(1) * x.dim(2) * pixel, x.dim(2) * pixel, pixel, apart
        });
    }
}
