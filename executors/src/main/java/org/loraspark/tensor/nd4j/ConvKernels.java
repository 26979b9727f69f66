package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.Shapes;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Two-dimensional convolution of {@code [batch, height, width, channels]} and its input gradient, which is the
 * transposed convolution with the same filter. ND4J pads both sides alike, so other paddings go through a padded copy.
 */
final class ConvKernels extends Kernels {
    ConvKernels(Memory memory, Constants constants) {
        super(memory, constants);
    }

    NdTensor forward(NdTensor x, ConvWeight weight) {
        NdConvWeight w = (NdConvWeight) weight;
        ConvShape shape = w.shape();
        if (x.shape().length != 4 || x.last() != w.in()) {
            throw misfit("conv2d", x, w);
        }
        long batch = x.dim(0);
        long height = x.dim(1);
        long width = x.dim(2);
        NdTensor y = empty(batch, shape.outHeight(height, w.kernel()), shape.outWidth(width, w.kernel()), w.out());
        NdTensor input = x;
        int padHeight = shape.padTop();
        int padWidth = shape.padLeft();
        if (!w.padsEvenly()) {
            input = empty(
                    batch,
                    height + shape.padTop() + shape.padBottom(),
                    width + shape.padLeft() + shape.padRight(),
                    w.in());
            input.array().assign(0);
            interior(input, shape, x).assign(x.array());
            padHeight = 0;
            padWidth = 0;
        }
        INDArray[] operands = w.bias() == null
                ? new INDArray[] {input.array(), w.filter()}
                : new INDArray[] {input.array(), w.filter(), w.bias()};
        Ops.custom("conv2d", operands, new INDArray[] {y.array()}, arguments(w, padHeight, padWidth));
        if (input != x) {
            memory.release(input);
        }
        return y;
    }

    void backward(NdTensor dy, ConvWeight weight, NdTensor dx, double beta) {
        NdConvWeight w = (NdConvWeight) weight;
        ConvShape shape = w.shape();
        boolean fits = dy.shape().length == 4
                && dx.shape().length == 4
                && dy.last() == w.out()
                && dx.last() == w.in()
                && dy.dim(0) == dx.dim(0)
                && dy.dim(1) == shape.outHeight(dx.dim(1), w.kernel())
                && dy.dim(2) == shape.outWidth(dx.dim(2), w.kernel());
        if (!fits) {
            throw misfit("conv2dBackward", dy, w);
        }
        NdTensor target = target(dx, beta);
        // The pixels of the padded input that some filter position reached.
        long reachedHeight = (dy.dim(1) - 1) * shape.stride() + w.kernel();
        long reachedWidth = (dy.dim(2) - 1) * shape.stride() + w.kernel();
        boolean direct = w.padsEvenly()
                && reachedHeight == dx.dim(1) + 2L * shape.padTop()
                && reachedWidth == dx.dim(2) + 2L * shape.padLeft();
        if (direct) {
            transposed(dy, w, target, shape.padTop(), shape.padLeft());
        } else {
            NdTensor padded = empty(
                    dx.dim(0),
                    Math.max(reachedHeight, dx.dim(1) + shape.padTop()),
                    Math.max(reachedWidth, dx.dim(2) + shape.padLeft()),
                    w.in());
            if (padded.dim(1) == reachedHeight && padded.dim(2) == reachedWidth) {
                transposed(dy, w, padded, 0, 0);
            } else {
                NdTensor reached = empty(dx.dim(0), reachedHeight, reachedWidth, w.in());
                transposed(dy, w, reached, 0, 0);
                padded.array().assign(0);
                window(padded, 0, 0, reached).assign(reached.array());
                memory.release(reached);
            }
            target.array().assign(interior(padded, shape, dx));
            memory.release(padded);
        }
        settle(target, dx);
    }

    private static void transposed(NdTensor dy, NdConvWeight w, NdTensor to, int padHeight, int padWidth) {
        Ops.custom(
                "deconv2d",
                new INDArray[] {dy.array(), w.filter()},
                new INDArray[] {to.array()},
                arguments(w, padHeight, padWidth));
    }

    /** Kernel, stride, padding, dilation, explicit padding, channels last, filter {@code [kernel, kernel, in, out]}. */
    private static int[] arguments(NdConvWeight w, int padHeight, int padWidth) {
        int stride = w.shape().stride();
        return new int[] {w.kernel(), w.kernel(), stride, stride, padHeight, padWidth, 1, 1, 0, 1, 0};
    }

    private static INDArray interior(NdTensor padded, ConvShape shape, NdTensor like) {
        return window(padded, shape.padTop(), shape.padLeft(), like);
    }

    private static INDArray window(NdTensor padded, long top, long left, NdTensor like) {
        long channels = padded.dim(3);
        long row = padded.dim(2) * channels;
        return padded.strided(
                top * row + left * channels, like.shape(), new long[] {padded.dim(1) * row, row, channels, 1});
    }

    private static IllegalArgumentException misfit(String kernel, NdTensor x, NdConvWeight w) {
        return new IllegalArgumentException(kernel + ": " + Shapes.toString(x.shape()) + " does not fit a filter of "
                + w.in() + " inputs, " + w.out() + " outputs and " + w.shape());
    }
}
