package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * Group norm, with statistics, scale and shift in float32: a normalisation of each channel with the mean and the
 * variance of its group. These come from the channels' own, in double on the Java side. With n = (x - mean) / deviation and s = gamma * dy, the way back is dx =
 * s / deviation - (mean(s) + n * mean(s * n)) / deviation: the first term and the sums of each channel are one
 * primitive, the rest is x times a slope plus a shift.
 */
final class GroupNormKernels extends Kernels {
    /** Values that are worked on at a time, so that they stay in the cache from one primitive to the next. */
    private static final long PIECE = 1 << 20;

    private final GroupNormOperations operations;

    GroupNormKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
        operations = new GroupNormOperations(context, type);
    }

    /** One sample's pixels in pieces, and its channels in groups. */
    private record Sample(long index, long pixels, int channels, int groups, long width) {
        /** Bytes from the start of a tensor to a pixel of the sample. */
        long at(long pixel) {
            return (index * pixels + pixel) * channels * width;
        }

        long piece() {
            long pieces = (pixels * channels + PIECE - 1) / PIECE;
            return (pixels + pieces - 1) / pieces;
        }

        double share() {
            return 1.0 / (pixels * (channels / groups));
        }
    }

    /** The statistics are {@code [batch, 2, channels]}: mean and variance + eps of each channel's group. */
    NormResult forward(NdTensor x, int groups, NdTensor gamma, NdTensor beta, double eps, boolean silu) {
        requireGroups("groupNorm", x, groups, gamma, beta);
        NdTensor y = memory.empty(type, x.shape());
        NdTensor stats = memory.empty(DType.F32, x.dim(0), 2, x.last());
        NdTensor scale = exact(gamma);
        NdTensor shift = exact(beta);
        for (long b = 0; b < x.dim(0); b++) {
            Sample sample = sample(x, b, groups);
            statistics(sample, x, eps, stats);
            for (long first = 0; first < sample.pixels; first += sample.piece()) {
                long rows = Math.min(sample.piece(), sample.pixels - first);
                long to = y.address() + sample.at(first);
                normalise(sample, rows, x.address() + sample.at(first), stats, scale, shift, to);
                if (silu) {
                    Activation.SILU
                            .forward(context, type, rows * sample.channels)
                            .run(to, to);
                }
            }
        }
        release(scale, gamma);
        release(shift, beta);
        return new NormResult(y, stats);
    }

    void backward(NdTensor dy, NdTensor x, NdTensor stats, int groups, NdTensor gamma, NdTensor dx, double accumulate) {
        requireGroups("groupNormBackward", x, groups, gamma, gamma);
        requireSame("groupNormBackward", dy, x);
        requireSame("groupNormBackward", dx, x);
        NdTensor scale = exact(gamma);
        NdTensor target = target(dx, accumulate);
        for (long b = 0; b < x.dim(0); b++) {
            Sample sample = sample(x, b, groups);
            Sums sums = new Sums(sample.channels);
            for (long first = 0; first < sample.pixels; first += sample.piece()) {
                long rows = Math.min(sample.piece(), sample.pixels - first);
                long at = sample.at(first);
                sums.gradients(sample, rows, x.address() + at, dy.address() + at, stats, scale, target.address() + at);
            }
            correct(sample, sums, x, stats, scale, target, dx);
        }
        finish(target, dx);
        release(scale, gamma);
    }

    /** The normalised values are computed again, a piece at a time. */
    void siluBackward(
            NdTensor dy,
            NdTensor x,
            NdTensor stats,
            int groups,
            NdTensor gamma,
            NdTensor beta,
            NdTensor dx,
            double accumulate) {
        requireGroups("groupNormSiluBackward", x, groups, gamma, beta);
        requireSame("groupNormSiluBackward", dy, x);
        requireSame("groupNormSiluBackward", dx, x);
        NdTensor scale = exact(gamma);
        NdTensor shift = exact(beta);
        NdTensor target = target(dx, accumulate);
        NdTensor normal = memory.empty(type, sample(x, 0, groups).piece(), x.last());
        for (long b = 0; b < x.dim(0); b++) {
            Sample sample = sample(x, b, groups);
            Sums sums = new Sums(sample.channels);
            for (long first = 0; first < sample.pixels; first += sample.piece()) {
                long rows = Math.min(sample.piece(), sample.pixels - first);
                long at = sample.at(first);
                long to = target.address() + at;
                normalise(sample, rows, x.address() + at, stats, scale, shift, normal.address());
                Activation.SILU
                        .backward(context, type, rows * sample.channels)
                        .run(normal.address(), dy.address() + at, to);
                sums.gradients(sample, rows, x.address() + at, to, stats, scale, to);
            }
            correct(sample, sums, x, stats, scale, target, dx);
        }
        memory.release(normal);
        finish(target, dx);
        release(scale, gamma);
        release(shift, beta);
    }

    /** Two numbers for each channel, summed over the pieces of a sample. */
    private final class Sums {
        final double[] first;
        final double[] second;

        Sums(int channels) {
            first = new double[channels];
            second = new double[channels];
        }

        /** Adds the sum of x and of x^2; {@code ignored} is overwritten. */
        void moments(Sample sample, long rows, long x, long ignored) {
            NdTensor found = memory.empty(DType.F32, 2, sample.channels);
            long row = (long) sample.channels * Float.BYTES;
            operations.statistics(rows, sample.channels).run(x, ignored, found.address(), found.address() + row);
            float[] values = read(found);
            for (int c = 0; c < sample.channels; c++) {
                double mean = values[c];
                first[c] += rows * mean;
                second[c] += rows * (values[sample.channels + c] + mean * mean);
            }
            memory.release(found);
        }

        /** Adds the sum of dy and of dy * n, and writes gamma * dy / deviation. */
        void gradients(Sample sample, long rows, long x, long dy, NdTensor stats, NdTensor scale, long to) {
            NdTensor found = memory.empty(DType.F32, 2, sample.channels);
            long row = (long) sample.channels * Float.BYTES;
            long mean = stats.address() + sample.index * 2 * row;
            operations
                    .gradients(rows, sample.channels)
                    .run(x, dy, mean, mean + row, scale.address(), to, found.address() + row, found.address());
            float[] values = read(found);
            for (int c = 0; c < sample.channels; c++) {
                first[c] += values[c];
                second[c] += values[sample.channels + c];
            }
            memory.release(found);
        }
    }

    private void statistics(Sample sample, NdTensor x, double eps, NdTensor stats) {
        Sums sums = new Sums(sample.channels);
        NdTensor ignored = memory.empty(type, sample.piece(), sample.channels);
        for (long first = 0; first < sample.pixels; first += sample.piece()) {
            long rows = Math.min(sample.piece(), sample.pixels - first);
            sums.moments(sample, rows, x.address() + sample.at(first), ignored.address());
        }
        memory.release(ignored);
        float[] row = new float[2 * sample.channels];
        int size = sample.channels / sample.groups;
        for (int from = 0; from < sample.channels; from += size) {
            double mean = 0;
            double square = 0;
            for (int c = from; c < from + size; c++) {
                mean += sums.first[c] * sample.share();
                square += sums.second[c] * sample.share();
            }
            double variance = Math.max(0, square - mean * mean) + eps;
            for (int c = from; c < from + size; c++) {
                row[c] = (float) mean;
                row[sample.channels + c] = (float) variance;
            }
        }
        write(row, stats.slice(sample.index * row.length, row.length));
    }

    private void normalise(Sample sample, long rows, long x, NdTensor stats, NdTensor scale, NdTensor shift, long to) {
        long row = (long) sample.channels * Float.BYTES;
        long mean = stats.address() + sample.index * 2 * row;
        operations.normalise(rows, sample.channels).run(x, to, mean, mean + row, scale.address(), shift.address());
    }

    /** Subtracts what the statistics' own dependence on x takes away. */
    private void correct(
            Sample sample, Sums sums, NdTensor x, NdTensor stats, NdTensor scale, NdTensor target, NdTensor dx) {
        float[] statistics = read(stats.slice(sample.index * 2 * sample.channels, 2, sample.channels));
        float[] gamma = read(scale);
        float[] row = new float[2 * sample.channels];
        int size = sample.channels / sample.groups;
        for (int from = 0; from < sample.channels; from += size) {
            double constant = 0;
            double linear = 0;
            for (int c = from; c < from + size; c++) {
                constant += gamma[c] * sums.first[c] * sample.share();
                linear += gamma[c] * sums.second[c] * sample.share();
            }
            double variance = statistics[sample.channels + from];
            double slope = -linear / variance;
            double shift = -constant / Math.sqrt(variance) - slope * statistics[from];
            for (int c = from; c < from + size; c++) {
                row[c] = (float) slope;
                row[sample.channels + c] = (float) shift;
            }
        }
        NdTensor factors = memory.empty(DType.F32, 2, sample.channels);
        write(row, factors);
        long slope = factors.address();
        long shift = slope + (long) sample.channels * Float.BYTES;
        for (long first = 0; first < sample.pixels; first += sample.piece()) {
            long rows = Math.min(sample.piece(), sample.pixels - first);
            long at = sample.at(first);
            Operation correct = operations.correct(rows, sample.channels, target != dx);
            if (target == dx) {
                correct.run(x.address() + at, slope, dx.address() + at, shift);
            } else {
                correct.run(x.address() + at, slope, dx.address() + at, shift, target.address() + at);
            }
        }
        memory.release(factors);
    }

    private void finish(NdTensor target, NdTensor dx) {
        if (target != dx) {
            memory.release(target);
        }
    }

    private static Sample sample(NdTensor x, long index, int groups) {
        return new Sample(
                index, x.rows() / x.dim(0), (int) x.last(), groups, x.dtype().bytes());
    }

    private static float[] read(NdTensor exact) {
        float[] values = new float[(int) exact.size()];
        NativeFloats.at(exact.address(), values.length).get(values);
        return values;
    }

    private static void write(float[] values, NdTensor exact) {
        NativeFloats.at(exact.address(), values.length).put(values);
    }

    private static void requireGroups(String kernel, NdTensor x, int groups, NdTensor gamma, NdTensor beta) {
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
