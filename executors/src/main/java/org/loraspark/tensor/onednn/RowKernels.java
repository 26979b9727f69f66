package org.loraspark.tensor.onednn;

import static org.loraspark.tensor.onednn.FrozenWeight.Role.FORWARD;

import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.FrozenWeight.Role;

/**
 * 3x3 convolutions by minimal filtering over the rows of a picture (Winograd 1980): what is multiplied are sums of rows and
 * sums of the filter's rows, in 1x3 convolutions along rows. Filters lie {@link Layout#rows row by row}.
 */
abstract class RowKernels extends Kernels implements ConvMethod {
    private static final long[] STRIDES = {1, 1};

    /** No rows, but columns, on either side. */
    private static final long[] PAD = {0, 1};

    private NdTensor zeros = Memory.permanent(DType.F32, 1);

    RowKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
        Transfers.zero(zeros);
    }

    static long ceil(long total, long each) {
        return (total + each - 1) / each;
    }

    /**
     * How many tiles of rows are worked on together, in bands of even size.
     *
     * @param tiles of a picture
     * @param fitting that stay near the processor
     * @param least that use a filter well, even where they do not fit
     */
    static long band(long tiles, long fitting, long least) {
        return ceil(tiles, ceil(tiles, Math.max(fitting, least)));
    }

    /** The address of a row, counted over all pictures of a tensor. */
    static long row(NdTensor x, long row) {
        return x.address() + row * x.dim(2) * x.dim(3) * x.dtype().bytes();
    }

    /** So many zeros of either type, until the next call. */
    final long zeros(long size) {
        if (zeros.size() < size) {
            zeros.dispose();
            zeros = Memory.permanent(DType.F32, size);
            Transfers.zero(zeros);
        }
        return zeros.address();
    }

    /**
     * A convolution along rows, for {@link #convolve}.
     *
     * @param result type of what it gives
     */
    final Operation alongRows(PackedConv w, Role role, long rows, long width, DType result) {
        memory.desc narrow = Dnnl.channelsLast(type, 1, w.in(), rows, width);
        memory.desc wide = Dnnl.channelsLast(type, 1, w.out(), rows, width);
        memory.desc to = Dnnl.channelsLast(result, 1, role == FORWARD ? w.out() : w.in(), rows, width);
        return weighted(
                role == FORWARD ? "rowConv" : "rowConvBackward",
                w.weight(),
                role,
                Winograd.TAPS,
                Dnnl.any(type, w.out(), w.in(), 1, Winograd.TAPS),
                weights -> role == FORWARD ? forward(narrow, weights, to) : backward(narrow, weights, wide, to),
                rows,
                width,
                w.in(),
                w.out(),
                result.ordinal());
    }

    private Operation forward(memory.desc from, memory.desc weights, memory.desc to) {
        memory.desc bias = Dnnl.dense(DType.F32, to.get_dims().get(1));
        convolution_forward.primitive_desc pd = new convolution_forward.primitive_desc(
                Dnnl.CPU,
                dnnl.prop_kind.forward_inference,
                dnnl.algorithm.convolution_direct,
                from,
                weights,
                bias,
                to,
                STRIDES,
                PAD,
                PAD,
                PostOps.none().attributes(),
                false);
        return new Operation(context, pd, new convolution_forward(pd))
                .with(Operation.SRC, from)
                .with(Operation.WEIGHTS, pd.weights_desc())
                .with(Operation.BIAS, bias)
                .with(Operation.DST, to)
                .weights(Layout.rows(pd.weights_desc(), Winograd.TAPS));
    }

    /** @param x input of the convolution whose gradient {@code dx} is, in the type of activations */
    private Operation backward(memory.desc x, memory.desc weights, memory.desc dy, memory.desc dx) {
        PostOps none = PostOps.none();
        convolution_forward.primitive_desc hint = new convolution_forward.primitive_desc(
                Dnnl.CPU,
                dnnl.prop_kind.forward_training,
                dnnl.algorithm.convolution_direct,
                x,
                weights,
                new memory.desc(),
                dy,
                STRIDES,
                PAD,
                PAD,
                none.attributes(),
                false);
        convolution_backward_data.primitive_desc pd = new convolution_backward_data.primitive_desc(
                Dnnl.CPU,
                dnnl.algorithm.convolution_direct,
                dx,
                weights,
                dy,
                STRIDES,
                PAD,
                PAD,
                hint,
                none.attributes(),
                false);
        return new Operation(context, pd, new convolution_backward_data(pd))
                .with(Operation.DIFF_DST, dy)
                .with(Operation.WEIGHTS, pd.weights_desc())
                .with(Operation.DIFF_SRC, dx)
                .weights(Layout.rows(pd.weights_desc(), Winograd.TAPS));
    }

    /** @param biased whether the bias is added, in the forward direction */
    final void convolve(
            Operation alongRows, PackedConv w, Role role, boolean biased, long source, long filter, long target) {
        if (role == FORWARD) {
            long bias = biased ? w.bias().address() : zeros(w.out());
            alongRows.run(source, filter, bias, target);
        } else {
            alongRows.run(source, filter, target);
        }
    }
}
