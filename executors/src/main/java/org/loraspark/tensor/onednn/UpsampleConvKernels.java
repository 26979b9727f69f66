package org.loraspark.tensor.onednn;

import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * A 3x3 convolution of a picture that was enlarged twofold by repeating its pixels, without the enlarged picture and with
 * four ninths of the multiplications. Three taps in a row look at two pixels, one of which they see twice: for an even
 * output the pixels before and here with weights w0 and w1 + w2, for an odd one here and behind with w0 + w1 and w2. So
 * each of the four phases of the output, even and odd rows and columns, is a 2x2 convolution of the small picture. The sums
 * are those of the file's values and are rounded once, as the values themselves are.
 */
final class UpsampleConvKernels extends Kernels {
    /** Of the filter, in each direction. */
    static final int TAPS = 3;

    /** Of a phase's filter. */
    private static final int PHASE_TAPS = 2;

    private final ConvKernels convolutions;
    private final ShapeKernels shapes;

    UpsampleConvKernels(Dnnl context, Memory memory, DType type, ConvKernels convolutions, ShapeKernels shapes) {
        super(context, memory, type);
        this.convolutions = convolutions;
        this.shapes = shapes;
    }

    /** The same convolution in bf16 with the filters of its phases, which are read from the file at their first use. */
    static PackedConv withPhases(PackedConv w, HostTensor file, FrozenWeight.Keep keep, WeightArena arena) {
        List<PackedConv> phases = new ArrayList<>();
        for (int phase = 0; phase < ShapeKernels.PHASES; phase++) {
            int oddRow = phase / 2;
            int oddColumn = phase % 2;
            long[] dims = {w.out(), w.in(), PHASE_TAPS, PHASE_TAPS};
            FrozenWeight filter = new FrozenWeight(
                    (to, dnnl) -> sum(file, oddRow, oddColumn, to),
                    new FrozenWeight.Types(DType.BF16, DType.BF16),
                    keep,
                    arena,
                    Dnnl.dense(DType.BF16, dims),
                    Dnnl.dense(DType.BF16, dims));
            ConvShape shape = new ConvShape(1, 1 - oddRow, oddRow, 1 - oddColumn, oddColumn);
            phases.add(new PackedConv(filter, w.bias(), w.in(), w.out(), PHASE_TAPS, shape, List.of()));
        }
        return new PackedConv(w.weight(), w.bias(), w.in(), w.out(), w.kernel(), w.shape(), phases);
    }

    /** {@code [out, in, 3, 3] -> [out, in, 2, 2]} in bf16. */
    private static void sum(HostTensor file, int oddRow, int oddColumn, NdTensor to) {
        int out = Math.toIntExact(file.shape()[0]);
        ShortBuffer values =
                NativeFloats.bytes(to.address(), to.size() * Short.BYTES).asShortBuffer();
        IntStream.range(0, out).parallel().forEach(row -> {
            float[] sums = sums(file.rows(row, 1).toFloats(), oddRow, oddColumn);
            for (int i = 0; i < sums.length; i++) {
                values.put(row * sums.length + i, HalfFloats.toBf16(sums[i]));
            }
        });
    }

    private static float[] sums(float[] filters, int oddRow, int oddColumn) {
        float[] sums = new float[filters.length / (TAPS * TAPS) * PHASE_TAPS * PHASE_TAPS];
        for (int i = 0; i < filters.length; i++) {
            int filter = i / (TAPS * TAPS);
            int row = (i / TAPS % TAPS + 1 - oddRow) / 2;
            int column = (i % TAPS + 1 - oddColumn) / 2;
            sums[(filter * PHASE_TAPS + row) * PHASE_TAPS + column] += filters[i];
        }
        return sums;
    }

    static boolean suits(NdTensor small, long height, long width, ConvWeight weight) {
        return !((PackedConv) weight).phases().isEmpty()
                && small.shape().length == 4
                && height == 2 * small.dim(1)
                && width == 2 * small.dim(2);
    }

    NdTensor forward(NdTensor x, ConvWeight weight) {
        PackedConv w = (PackedConv) weight;
        NdTensor y = memory.empty(x.dim(0), 2 * x.dim(1), 2 * x.dim(2), w.out());
        for (int phase = 0; phase < ShapeKernels.PHASES; phase++) {
            NdTensor part = convolutions.forward(x, w.phases().get(phase));
            shapes.spread(part, y, phase);
            memory.release(part);
        }
        return y;
    }

    /** dx = beta dx + the sum over the phases, which is taken in float32. */
    void backward(NdTensor dy, ConvWeight weight, NdTensor dx, double beta) {
        PackedConv w = (PackedConv) weight;
        require(dy.last() == w.out() && dx.last() == w.in(), "upsampleConv2dBackward", dy, dx);
        requireZeroOrOne(beta);
        NdTensor part = memory.empty(dx.dim(0), dx.dim(1), dx.dim(2), w.out());
        NdTensor gradient = memory.empty(dx.shape());
        NdTensor sum = memory.empty(DType.F32, dx.shape());
        Transfers.zero(sum);
        for (int phase = 0; phase < ShapeKernels.PHASES; phase++) {
            shapes.collect(dy, part, phase);
            convolutions.backward(part, w.phases().get(phase), gradient, 0);
            accumulate(gradient, sum);
        }
        if (beta == 1) {
            accumulate(dx, sum);
        }
        convert(sum, dx);
        memory.release(part);
        memory.release(gradient);
        memory.release(sum);
    }
}
