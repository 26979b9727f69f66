package org.loraspark.tensor.onednn;

import static org.loraspark.tensor.onednn.FrozenWeight.Role.BACKWARD;
import static org.loraspark.tensor.onednn.FrozenWeight.Role.FORWARD;

import java.util.List;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Convolutions on {@code [batch, height, width, channels]}, and their input gradients. */
final class ConvKernels extends Kernels {
    private final List<ConvMethod> methods;

    ConvKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
        methods = List.of(
                new WinogradKernels(context, memory, type),
                new RowPairKernels(context, memory, type),
                new ColumnKernels(context, memory, type));
    }

    NdTensor forward(NdTensor x, ConvWeight weight) {
        return forward(x, weight, null);
    }

    NdTensor forwardAdd(NdTensor x, ConvWeight weight, NdTensor residual) {
        return forward(x, weight, residual);
    }

    /** @param residual what is added, or null */
    private NdTensor forward(NdTensor x, ConvWeight weight, NdTensor residual) {
        PackedConv w = (PackedConv) weight;
        NdTensor y = output(x, w);
        if (residual != null) {
            requireSame("conv2dAdd", residual, y);
        }
        ConvMethod other = method(w, x);
        if (other != null) {
            other.forward(x, w, residual, y);
            return y;
        }
        Operation operation = forward(w, x, y, residual != null);
        long filter = w.weight().address(FORWARD, operation.weights(), context);
        if (residual == null) {
            operation.run(x.address(), filter, w.bias().address(), y.address());
        } else {
            operation.run(x.address(), filter, w.bias().address(), y.address(), residual.address());
        }
        return y;
    }

    /** The way that suits, or null for oneDNN's. */
    private ConvMethod method(PackedConv w, NdTensor x) {
        for (ConvMethod method : methods) {
            if (method.suits(w, x)) {
                return method;
            }
        }
        return null;
    }

    private NdTensor output(NdTensor x, PackedConv w) {
        requireFit(x.last() == w.in(), "conv2d", x, w);
        return memory.empty(
                x.dim(0), w.shape().outHeight(x.dim(1), w.kernel()), w.shape().outWidth(x.dim(2), w.kernel()), w.out());
    }

    private Operation forward(PackedConv w, NdTensor x, NdTensor y, boolean residual) {
        return weighted(
                "conv",
                w.weight(),
                FORWARD,
                any(w),
                weights -> {
                    memory.desc to = pixels(y);
                    PostOps postOps = PostOps.none();
                    if (residual) {
                        postOps.add(to);
                    }
                    convolution_forward.primitive_desc pd = forward(w, pixels(x), weights, to, postOps);
                    return new Operation(context, pd, new convolution_forward(pd))
                            .with(Operation.SRC, pixels(x))
                            .with(Operation.WEIGHTS, pd.weights_desc())
                            .with(Operation.BIAS, Dnnl.dense(DType.F32, w.out()))
                            .with(Operation.DST, to)
                            .with(postOps)
                            .weights(pd.weights_desc());
                },
                numbers(w, x, residual));
    }

    private static convolution_forward.primitive_desc forward(
            PackedConv w, memory.desc from, memory.desc weights, memory.desc to, PostOps postOps) {
        return new convolution_forward.primitive_desc(
                Dnnl.CPU,
                dnnl.prop_kind.forward_training,
                dnnl.algorithm.convolution_direct,
                from,
                weights,
                Dnnl.dense(DType.F32, w.out()),
                to,
                strides(w),
                first(w),
                last(w),
                postOps.attributes(),
                false);
    }

    /** dx = beta dx + the convolution of dy with the transposed kernel. */
    void backward(NdTensor dy, ConvWeight weight, NdTensor dx, double beta) {
        PackedConv w = (PackedConv) weight;
        requireFit(dy.last() == w.out(), "conv2dBackward", dy, w);
        requireFit(dx.last() == w.in(), "conv2dBackward", dx, w);
        requireZeroOrOne(beta);
        ConvMethod other = method(w, dx);
        if (other != null) {
            other.backward(dy, w, dx, beta);
            return;
        }
        Operation operation = weighted(
                "convBackward",
                w.weight(),
                BACKWARD,
                any(w),
                weights -> {
                    PostOps none = PostOps.none();
                    convolution_backward_data.primitive_desc pd = new convolution_backward_data.primitive_desc(
                            Dnnl.CPU,
                            dnnl.algorithm.convolution_direct,
                            pixels(dx),
                            weights,
                            pixels(dy),
                            strides(w),
                            first(w),
                            last(w),
                            forward(w, pixels(dx), any(w), pixels(dy), none),
                            none.attributes(),
                            false);
                    return new Operation(context, pd, new convolution_backward_data(pd))
                            .with(Operation.DIFF_DST, pixels(dy))
                            .with(Operation.WEIGHTS, pd.weights_desc())
                            .with(Operation.DIFF_SRC, pixels(dx))
                            .weights(pd.weights_desc());
                },
                numbers(w, dx, false));
        long address = w.weight().address(BACKWARD, operation.weights(), context);
        NdTensor target = beta == 0 ? dx : memory.empty(dx.shape());
        operation.run(dy.address(), address, target.address());
        if (target != dx) {
            accumulate(target, dx);
            memory.release(target);
        }
    }

    private static void requireFit(boolean fits, String kernel, NdTensor x, PackedConv w) {
        if (!fits) {
            throw new IllegalArgumentException(kernel + ": " + Shapes.toString(x.shape()) + " does not fit a filter of "
                    + w.in() + " inputs, " + w.out() + " outputs and " + w.shape());
        }
    }

    private memory.desc any(PackedConv w) {
        return Dnnl.any(type, w.out(), w.in(), w.kernel(), w.kernel());
    }

    private memory.desc pixels(NdTensor x) {
        return Dnnl.channelsLast(type, x.dim(0), x.dim(3), x.dim(1), x.dim(2));
    }

    private static long[] strides(PackedConv w) {
        return new long[] {w.shape().stride(), w.shape().stride()};
    }

    private static long[] first(PackedConv w) {
        return new long[] {w.shape().padTop(), w.shape().padLeft()};
    }

    private static long[] last(PackedConv w) {
        return new long[] {w.shape().padBottom(), w.shape().padRight()};
    }

    private static long[] numbers(PackedConv w, NdTensor x, boolean residual) {
        ConvShape s = w.shape();
        return new long[] {
            x.dim(0),
            x.dim(1),
            x.dim(2),
            w.in(),
            w.out(),
            w.kernel(),
            s.stride(),
            s.padTop(),
            s.padBottom(),
            s.padLeft(),
            s.padRight(),
            residual ? 1 : 0
        };
    }
}
