package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.NormResult;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.floating.RSqrt;
import org.nd4j.linalg.api.ops.impl.transforms.same.Square;

/**
 * Group and layer norm. Means are matrix products with ones, many times faster here than ND4J's reductions; the variance
 * is that of the centred values, so that a large mean costs no digits.
 *
 * <p>Backward, with g = gamma * dy and n = (x - mean) / deviation: dx = (g - mean(g) - n * mean(g * n)) / deviation.
 */
final class NormKernels extends Kernels {
    NormKernels(Memory memory, Constants constants) {
        super(memory, constants);
    }

    /** The statistics are {@code [2, batch + 1, channels]}: mean and 1 / deviation of each channel's group. */
    NormResult group(NdTensor x, int groups, NdTensor gamma, NdTensor beta, double eps) {
        checkGroup("groupNorm", x, groups, gamma, beta);
        long batch = x.dim(0);
        long channels = x.last();
        long pixels = x.rows() / batch;
        double share = 1.0 / (pixels * (channels / groups));
        NdTensor y = empty(x.shape());
        NdTensor stats = empty(2, batch + 1, channels);
        NdTensor mean = stats.slice(0, batch + 1, channels);
        NdTensor inverse = stats.slice((batch + 1) * channels, batch + 1, channels);
        INDArray x3 = x.as(batch, pixels, channels);
        INDArray y3 = y.as(batch, pixels, channels);
        NdTensor square = empty(batch, pixels, channels);
        NdTensor sums = empty(batch + 1, channels);
        NdTensor factor = empty(batch + 1, channels);

        sumPixels(x, sums);
        groupMeans(sums, groups, share, mean);
        Ops.broadcast("subtract", x3, samples(mean, batch), y3);
        Ops.legacy(new Square(y3, square.array()));
        sumPixels(square, sums);
        groupMeans(sums, groups, share, inverse);
        inverse.array().addi(eps);
        Ops.legacy(new RSqrt(inverse.array(), inverse.array()));

        Ops.broadcast("multiply", inverse.array(), gamma.as(1, channels), factor.array());
        Ops.broadcast("multiply", y3, samples(factor, batch), y3);
        Ops.broadcast("add", y.matrix(), beta.as(channels), y.matrix());
        memory.release(square);
        memory.release(sums);
        memory.release(factor);
        return new NormResult(y, stats);
    }

    void groupBackward(NdTensor dy, NdTensor x, NdTensor stats, int groups, NdTensor gamma, NdTensor dx, double beta) {
        checkGroup("groupNormBackward", x, groups, gamma, gamma);
        requireSame("groupNormBackward", dy, x);
        requireSame("groupNormBackward", dx, x);
        long batch = x.dim(0);
        long channels = x.last();
        long pixels = x.rows() / batch;
        double share = 1.0 / (pixels * (channels / groups));
        NdTensor mean = stats.slice(0, batch + 1, channels);
        INDArray inverse =
                stats.slice((batch + 1) * channels, batch + 1, channels).array();
        INDArray dy3 = dy.as(batch, pixels, channels);
        NdTensor target = target(dx, beta);
        INDArray out = target.as(batch, pixels, channels);
        NdTensor centred = empty(batch, pixels, channels);
        NdTensor sums = empty(batch + 1, channels);
        NdTensor factor = empty(batch + 1, channels);
        NdTensor shift = empty(batch + 1, channels);
        NdTensor slope = empty(batch + 1, channels);
        Ops.broadcast("multiply", inverse, gamma.as(1, channels), factor.array());

        // mean(g) / deviation; the deviation is the same all over a group, so it may go inside the mean
        sumPixels(dy, sums);
        Ops.multiply(sums.array(), factor.array(), sums.array());
        groupMeans(sums, groups, share, shift);

        // mean(g * n) / deviation^2, the factor of x - mean
        Ops.broadcast("subtract", x.as(batch, pixels, channels), samples(mean, batch), centred.array());
        Ops.multiply(centred.array(), dy3, out);
        sumPixels(target, sums);
        Ops.multiply(sums.array(), factor.array(), sums.array());
        groupMeans(sums, groups, share, slope);
        Ops.multiply(slope.array(), inverse, slope.array());
        Ops.multiply(slope.array(), inverse, slope.array());

        Ops.broadcast("multiply", dy3, samples(factor, batch), out);
        Ops.broadcast("multiply", centred.array(), samples(slope, batch), centred.array());
        Ops.axpy(-1, centred.array(), out);
        Ops.broadcast("subtract", out, samples(shift, batch), out);
        memory.release(centred);
        memory.release(sums);
        memory.release(factor);
        memory.release(shift);
        memory.release(slope);
        settle(target, dx);
    }

    /** The statistics are {@code [2, rows]}: mean and 1 / deviation. */
    NormResult layer(NdTensor x, NdTensor gamma, NdTensor beta, double eps) {
        long width = x.last();
        long rows = x.rows();
        require(gamma.size() == width && beta.size() == width, "layerNorm", x, gamma, beta);
        NdTensor y = empty(x.shape());
        NdTensor stats = empty(2, rows);
        INDArray mean = stats.slice(0, rows, 1).array();
        INDArray inverse = stats.slice(rows, rows, 1).array();
        INDArray ones = constants.ones(width, 1);
        NdTensor square = empty(rows, width);

        Ops.matmul(x.matrix(), false, ones, false, mean, 1.0 / width, 0);
        Ops.broadcast("subtract", x.matrix(), mean, y.matrix());
        Ops.legacy(new Square(y.matrix(), square.array()));
        Ops.matmul(square.array(), false, ones, false, inverse, 1.0 / width, 0);
        inverse.addi(eps);
        Ops.legacy(new RSqrt(inverse, inverse));
        Ops.broadcast("multiply", y.matrix(), inverse, y.matrix());
        Ops.broadcast("multiply", y.matrix(), gamma.as(width), y.matrix());
        Ops.broadcast("add", y.matrix(), beta.as(width), y.matrix());
        memory.release(square);
        return new NormResult(y, stats);
    }

    void layerBackward(NdTensor dy, NdTensor x, NdTensor stats, NdTensor gamma, NdTensor dx, double beta) {
        long width = x.last();
        long rows = x.rows();
        require(gamma.size() == width, "layerNormBackward", x, gamma);
        requireSame("layerNormBackward", dy, x);
        requireSame("layerNormBackward", dx, x);
        INDArray mean = stats.as(rows, 1);
        INDArray inverse = stats.slice(rows, rows, 1).array();
        INDArray ones = constants.ones(width, 1);
        NdTensor target = target(dx, beta);
        NdTensor normal = empty(rows, width);
        NdTensor product = empty(rows, width);
        NdTensor moment = empty(rows, 1);

        Ops.broadcast("subtract", x.matrix(), mean, normal.array());
        Ops.broadcast("multiply", normal.array(), inverse, normal.array());
        Ops.broadcast("multiply", dy.matrix(), gamma.as(width), target.matrix());
        Ops.multiply(target.matrix(), normal.array(), product.array());
        Ops.matmul(product.array(), false, ones, false, moment.array(), 1.0 / width, 0);
        Ops.broadcast("multiply", normal.array(), moment.array(), normal.array());
        Ops.matmul(target.matrix(), false, ones, false, moment.array(), 1.0 / width, 0);
        Ops.axpy(-1, normal.array(), target.matrix());
        Ops.broadcast("subtract", target.matrix(), moment.array(), target.matrix());
        Ops.broadcast("multiply", target.matrix(), inverse, target.matrix());
        memory.release(normal);
        memory.release(product);
        memory.release(moment);
        settle(target, dx);
    }

    /** Replaces each channel's sum by {@code share} times its group's. */
    private void groupMeans(NdTensor sums, int groups, double share, NdTensor to) {
        INDArray membership = constants.membership(sums.last(), groups);
        NdTensor totals = empty(sums.dim(0), groups);
        Ops.matmul(sums.array(), false, membership, false, totals.array(), share, 0);
        Ops.matmul(totals.array(), false, membership, true, to.array(), 1, 0);
        memory.release(totals);
    }

    /** The rows of all samples, without the spare one, to be repeated over the pixels. */
    private static INDArray samples(NdTensor rows, long batch) {
        return rows.as(batch, 1, rows.last());
    }

    private static void checkGroup(String kernel, NdTensor x, int groups, NdTensor gamma, NdTensor beta) {
        require(
                x.shape().length >= 2
                        && groups > 0
                        && x.last() % groups == 0
                        && gamma.size() == x.last()
                        && beta.size() == x.last(),
                kernel + " with " + groups + " groups",
                x,
                gamma,
                beta);
    }
}
