package org.loraspark.tensor.nd4j;

import java.util.function.Function;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Kernels that move values: resizing, joining and cutting columns, table rows, rows for each picture. */
final class ShapeKernels extends Kernels {
    private static final long PROBE = 512;

    ShapeKernels(Memory memory, Constants constants) {
        super(memory, constants);
    }

    /** A product with ones over {@code [batch * height, 2, width, 2, channels]} repeats each pixel four times. */
    NdTensor upsample(NdTensor x, long height, long width) {
        NdTensor y = empty(x.dim(0), height, width, x.last());
        requireDoubled("upsample", x, y);
        long rows = x.dim(0) * x.dim(1);
        NdTensor whole = wholeTwice(x, y);
        Ops.broadcast(
                "multiply",
                x.as(rows, 1, x.dim(2), 1, x.dim(3)),
                constants.ones(1, 2, 1, 2, 1),
                whole.as(rows, 2, x.dim(2), 2, x.dim(3)));
        if (whole != y) {
            y.array().assign(corner(whole, y));
            memory.release(whole);
        }
        return y;
    }

    /** The sum of four is four times the average, which ND4J hands to oneDNN. */
    void upsampleBackward(NdTensor dy, NdTensor dx, double beta) {
        requireDoubled("upsampleBackward", dx, dy);
        NdTensor target = target(dx, beta);
        NdTensor whole = wholeTwice(dx, dy);
        if (whole != dy) {
            whole.array().assign(0);
            corner(whole, dy).assign(dy.array());
        }
        Ops.custom("avgpool2d", new INDArray[] {whole.array()}, new INDArray[] {target.array()}, new int[] {
            2, 2, 2, 2, 0, 0, 1, 1, 0, 0, 1
        });
        target.array().muli(4);
        if (whole != dy) {
            memory.release(whole);
        }
        settle(target, dx);
    }

    /** {@code large} itself when it is exactly twice {@code small}, otherwise an array that is. */
    private NdTensor wholeTwice(NdTensor small, NdTensor large) {
        boolean exact = large.dim(1) == 2 * small.dim(1) && large.dim(2) == 2 * small.dim(2);
        return exact ? large : empty(small.dim(0), 2 * small.dim(1), 2 * small.dim(2), small.dim(3));
    }

    private static INDArray corner(NdTensor whole, NdTensor like) {
        long row = whole.dim(2) * whole.dim(3);
        return whole.strided(0, like.shape(), new long[] {whole.dim(1) * row, row, whole.dim(3), 1});
    }

    NdTensor concat(NdTensor a, NdTensor b) {
        require(a.rows() == b.rows() && a.shape().length == b.shape().length, "concat", a, b);
        long width = a.last() + b.last();
        NdTensor y = empty(Shapes.withLast(a.shape(), width));
        cut(y, 0, a.last()).assign(a.as(1, a.rows(), a.last()));
        cut(y, a.last(), b.last()).assign(b.as(1, b.rows(), b.last()));
        return y;
    }

    void columns(NdTensor x, long offset, NdTensor dx, double beta) {
        require(x.rows() == dx.rows() && offset >= 0 && offset + dx.last() <= x.last(), "columns", x, dx);
        NdTensor target = target(dx, beta);
        target.as(1, x.rows(), dx.last()).assign(cut(x, offset, dx.last()));
        settle(target, dx);
    }

    NdTensor embedding(int[] ids, NdTensor table) {
        require(table.shape().length == 2, "embedding", table);
        for (int id : ids) {
            if (id < 0 || id >= table.dim(0)) {
                throw new IllegalArgumentException(
                        "embedding: id " + id + " in a table " + Shapes.toString(table.shape()));
            }
        }
        NdTensor y = empty(ids.length, table.last());
        try (INDArray rows = Nd4j.createFromArray(ids)) {
            Ops.custom("gather", new INDArray[] {table.array(), rows}, new INDArray[] {y.array()}, new int[] {0});
        }
        return y;
    }

    NdTensor addPerSample(NdTensor x, NdTensor rows) {
        checkSamples("addPerSample", x, rows);
        NdTensor y = empty(x.shape());
        Ops.broadcast("add", perSample(x), rows.as(x.dim(0), 1, x.last()), perSample(y));
        return y;
    }

    void addPerSampleBackward(NdTensor dy, NdTensor rows, double beta) {
        checkSamples("addPerSampleBackward", dy, rows);
        NdTensor sums = empty(dy.dim(0) + 1, dy.last());
        sumPixels(dy, sums);
        addFirst(sums, rows, beta);
        memory.release(sums);
    }

    /** Zero times a finite number is zero, any other gives NaN; a product with zeros sums that up in one pass. */
    boolean isFinite(NdTensor x, Function<Tensor, float[]> read) {
        long columns = Math.min(x.size(), PROBE);
        long rows = x.size() / columns;
        NdTensor sums = empty(2, columns);
        Ops.matmul(constants.zeros(2, rows), false, x.as(rows, columns), false, sums.array(), 1, 0);
        boolean finite = allFinite(read.apply(sums));
        memory.release(sums);
        long rest = x.size() - rows * columns;
        return finite && (rest == 0 || allFinite(read.apply(x.slice(rows * columns, rest))));
    }

    private static boolean allFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    private static INDArray perSample(NdTensor x) {
        return x.as(x.dim(0), x.rows() / x.dim(0), x.last());
    }

    private static void checkSamples(String kernel, NdTensor x, NdTensor rows) {
        require(
                x.shape().length >= 2 && rows.shape().length == 2 && rows.dim(0) == x.dim(0) && rows.dim(1) == x.last(),
                kernel,
                x,
                rows);
    }

    /** ND4J copies such a window many times faster when it has three dimensions. */
    private static INDArray cut(NdTensor x, long from, long width) {
        return x.strided(from, new long[] {1, x.rows(), width}, new long[] {x.size(), x.last(), 1});
    }
}
