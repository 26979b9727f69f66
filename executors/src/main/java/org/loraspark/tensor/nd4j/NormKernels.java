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

    /** The statistics are {@code [2, batch, channels]}: mean and 1 / deviation of each channel's group. */
    NormResult group(NdTensor x, int groups, NdTensor gamma, NdTensor beta, double eps) {
        checkGroup("groupNorm", x, groups, gamma, beta);
        long batch = x.dim(0);
        long channels = x.last();
        long pixels = x.rows() / batch;
        NdTensor y = empty(x.shape());
        NdTensor stats = empty(2, batch, channels);
        NdTensor mean = stats.slice(0, batch, 1, channels);
        NdTensor inverse = stats.slice(batch * channels, batch, 1, channels);
        INDArray x3 = x.as(batch, pixels, channels);
        INDArray y3 = y.as(batch, pixels, channels);
        NdTensor square = empty(batch, pixels, channels);
        NdTensor sums = empty(batch, 1, channels);
        double share = 1.0 / (pixels * (channels / groups));

        sumPixels(x, sums, 0);
        NdTensor moments = toGroups(sums, groups, share);
        toChannels(moments, mean);
        Ops.broadcast("subtract", x3, mean.array(), y3);
        Ops.legacy(new Square(y3, square.array()));
        sumPixels(square, sums, 0);
        memory.release(moments);
        moments = toGroups(sums, groups, share);
        moments.array().addi(eps);
        Ops.legacy(new RSqrt(moments.array(), moments.array()));
        toChannels(moments, inverse);

        Ops.broadcast("multiply", inverse.array(), gamma.as(1, 1, channels), sums.array());
        Ops.broadcast("multiply", y3, sums.array(), y3);
        Ops.broadcast("add", y3, beta.as(1, 1, channels), y3);
        memory.release(square);
        memory.release(sums);
        memory.release(moments);
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
        INDArray mean = stats.as(batch, 1, channels);
        INDArray inverse = stats.slice(batch * channels, batch, 1, channels).array();
        INDArray scale = gamma.as(1, 1, channels);
        INDArray dy3 = dy.as(batch, pixels, channels);
        NdTensor target = target(dx, beta);
        INDArray out = target.as(batch, pixels, channels);
        NdTensor centred = empty(batch, pixels, channels);
        NdTensor sums = empty(batch, 1, channels);
        NdTensor shift = empty(batch, 1, channels);
        NdTensor slope = empty(batch, 1, channels);

        // mean(g) / deviation
        sumPixels(dy, sums, 0);
        Ops.broadcast("multiply", sums.array(), scale, sums.array());
        NdTensor moments = toGroups(sums, groups, share);
        toChannels(moments, shift);
        Ops.multiply(shift.array(), inverse, shift.array());
        memory.release(moments);

        // mean(g * n) / deviation^2, the factor of x - mean
        Ops.broadcast("subtract", x.as(batch, pixels, channels), mean, centred.array());
        Ops.multiply(centred.array(), dy3, out);
        sumPixels(target, sums, 0);
        Ops.broadcast("multiply", sums.array(), scale, sums.array());
        Ops.multiply(sums.array(), inverse, sums.array());
        moments = toGroups(sums, groups, share);
        toChannels(moments, slope);
        Ops.multiply(slope.array(), inverse, slope.array());
        Ops.multiply(slope.array(), inverse, slope.array());
        memory.release(moments);

        Ops.broadcast("multiply", inverse, scale, sums.array());
        Ops.broadcast("multiply", dy3, sums.array(), out);
        Ops.broadcast("multiply", centred.array(), slope.array(), centred.array());
        Ops.subtract(out, centred.array(), out);
        Ops.broadcast("subtract", out, shift.array(), out);
        memory.release(centred);
        memory.release(sums);
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
        Ops.subtract(target.matrix(), normal.array(), target.matrix());
        Ops.broadcast("subtract", target.matrix(), moment.array(), target.matrix());
        Ops.broadcast("multiply", target.matrix(), inverse, target.matrix());
        memory.release(normal);
        memory.release(product);
        memory.release(moment);
        settle(target, dx);
    }

    /** {@code [batch, 1, channels] -> [batch, groups]}. */
    private NdTensor toGroups(NdTensor sums, int groups, double share) {
        long batch = sums.dim(0);
        long channels = sums.last();
        NdTensor result = empty(batch, groups);
        Ops.matmul(
                sums.as(batch, channels),
                false,
                constants.membership(channels, groups),
                false,
                result.array(),
                share,
                0);
        return result;
    }

    /** {@code [batch, groups] -> [batch, 1, channels]}. */
    private void toChannels(NdTensor moments, NdTensor to) {
        long channels = to.last();
        Ops.matmul(
                moments.array(),
                false,
                constants.membership(channels, moments.last()),
                true,
                to.as(to.dim(0), channels),
                1,
                0);
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
