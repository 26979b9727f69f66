package org.loraspark.tensor.onednn;

import static org.loraspark.tensor.onednn.FrozenWeight.Role.BACKWARD;
import static org.loraspark.tensor.onednn.FrozenWeight.Role.FORWARD;

import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.FrozenWeight.Role;

/**
 * 3x3 convolutions of many pixels and channels in float32 with half of the multiplications: {@link Winograd} over the
 * rows of a picture, where each multiplication is a 1x3 convolution along a row. All that Winograd adds is three matrix
 * products with small constant matrices, over whole rows of pictures and whole rows of filters; zeros in them stand for
 * what lies outside the picture. In bf16 the transformed values would lose too many bits; {@link RowPairKernels} has
 * smaller factors.
 *
 * <p>A filter is held {@link Layout#rows row by row} and transformed anew for each call, which costs less than reading
 * twice the memory would.
 */
final class WinogradKernels extends RowKernels {
    /** With fewer, transforming the filter costs more than it saves. */
    private static final long LEAST_PIXELS = 512;

    /** With fewer rows, too much of a tile lies outside the picture. */
    private static final long LEAST_ROWS = 2 * Winograd.OUTPUTS;

    /** Transformed pixels that are worked on together: enough to use a filter well, */
    private static final long FEW_PIXELS = 256;

    /** and few enough to stay near the processor. */
    private static final long MOST_VALUES = 1 << 20;

    private final Map<Key, NdTensor> matrices = new HashMap<>();

    WinogradKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /** A convolution in one direction, with the sizes of one picture. */
    private record Sizes(Role role, long in, long out, long height, long width) {
        /** Rows of a band, four at a time; the last band may fill fewer. */
        long tiles() {
            long fitting = MOST_VALUES / (Winograd.POINTS * width * (in + out));
            return band(ceil(height, Winograd.OUTPUTS), fitting, ceil(FEW_PIXELS, width));
        }

        /** Transformed rows of a band. */
        long rows() {
            return Winograd.POINTS * tiles();
        }
    }

    /** Rows of a picture that are made together, {@code rows} from {@code first}, out of those before {@code to}. */
    private record Band(Sizes sizes, long first, long rows, long from, long to) {
        static Band of(Sizes sizes, long first) {
            long rows = Math.min(sizes.tiles() * Winograd.OUTPUTS, sizes.height - first);
            return new Band(sizes, first, rows, Math.max(0, first - 1), Math.min(sizes.height, first + rows + 1));
        }

        long sources() {
            return to - from;
        }
    }

    @Override
    public boolean suits(PackedConv w, NdTensor x) {
        return type == DType.F32
                && w.keepsSize(Winograd.TAPS)
                && x.dim(1) >= LEAST_ROWS
                && x.dim(0) * x.dim(1) * x.dim(2) >= LEAST_PIXELS;
    }

    @Override
    public void forward(NdTensor x, PackedConv w, NdTensor residual, NdTensor y) {
        Sizes sizes = new Sizes(FORWARD, w.in(), w.out(), x.dim(1), x.dim(2));
        filter(x, w, sizes, residual, 0, y);
    }

    @Override
    public void backward(NdTensor dy, PackedConv w, NdTensor dx, double beta) {
        Sizes sizes = new Sizes(BACKWARD, w.out(), w.in(), dy.dim(1), dy.dim(2));
        filter(dy, w, sizes, null, beta, dx);
    }

    private void filter(NdTensor x, PackedConv w, Sizes sizes, NdTensor residual, double beta, NdTensor y) {
        Operation convolution = alongRows(w, sizes.role, sizes.tiles(), sizes.width, type);
        NdTensor filters = transformed(w, sizes.role, convolution.weights());
        NdTensor spread = memory.empty(type, sizes.rows() * sizes.width * sizes.in);
        NdTensor products = memory.empty(type, sizes.rows() * sizes.width * sizes.out);
        for (long sample = 0; sample < x.dim(0); sample++) {
            for (long first = 0; first < sizes.height; first += sizes.tiles() * Winograd.OUTPUTS) {
                Band band = Band.of(sizes, first);
                long source = sample * sizes.height + band.from;
                spread(band).run(data(band).address(), row(x, source), spread.address());
                products(w, sizes, convolution, filters, spread, products);
                long target = sample * sizes.height + first;
                Operation gather = gather(band, residual != null, beta);
                long weights = result(band).address();
                if (residual == null) {
                    gather.run(weights, products.address(), row(y, target));
                } else {
                    gather.run(weights, products.address(), row(y, target), row(residual, target));
                }
            }
        }
        memory.release(filters);
        memory.release(spread);
        memory.release(products);
    }

    /** For each point the filter of the convolutions along rows. */
    private NdTensor transformed(PackedConv w, Role role, Layout layout) {
        FrozenWeight.Held rows = w.weight().held(role, layout, context);
        long values = layout.rowBytes() / type.bytes();
        NdTensor filters = memory.empty(type, Winograd.POINTS * values);
        context.operation(
                        Key.of("winogradFilter", values, rows.type().ordinal()),
                        () -> context.product(
                                Dnnl.dense(type, Winograd.POINTS, Winograd.TAPS),
                                Dnnl.dense(rows.type(), Winograd.TAPS, values),
                                Dnnl.dense(type, Winograd.POINTS, values),
                                PostOps.none()))
                .run(filterMatrix(role).address(), rows.address(), filters.address());
        return filters;
    }

    private void products(
            PackedConv w, Sizes sizes, Operation convolution, NdTensor filters, NdTensor spread, NdTensor products) {
        for (int point = 0; point < Winograd.POINTS; point++) {
            long source = part(spread, point);
            long filter = part(filters, point);
            long target = part(products, point);
            convolve(convolution, w, sizes.role, point == Winograd.ONE, source, filter, target);
        }
    }

    private static long part(NdTensor x, int point) {
        return x.address() + x.size() / Winograd.POINTS * point * x.dtype().bytes();
    }

    /** Six transformed rows for four rows of the result, on {@link #data}, a picture's rows and the transformed. */
    private Operation spread(Band band) {
        long row = band.sizes.width * band.sizes.in;
        long rows = band.sizes.rows();
        return context.operation(
                Key.of("winogradSpread", rows, band.sources(), row),
                () -> context.product(
                        Dnnl.dense(type, rows, band.sources()),
                        Dnnl.dense(type, band.sources(), row),
                        Dnnl.dense(type, rows, row),
                        PostOps.none()));
    }

    /** The rows of the result, on {@link #result}, products, result and residual. */
    private Operation gather(Band band, boolean residual, double beta) {
        long row = band.sizes.width * band.sizes.out;
        long rows = band.sizes.rows();
        return context.operation(Key.of("winogradGather", band.rows, rows, row, residual ? 1 : 0, (long) beta), () -> {
            memory.desc to = Dnnl.dense(type, band.rows, row);
            PostOps postOps = PostOps.none().accumulate(beta);
            return context.product(
                    Dnnl.dense(type, band.rows, rows),
                    Dnnl.dense(type, rows, row),
                    to,
                    residual ? postOps.add(to) : postOps);
        });
    }

    /** {@code [points * tiles, sources]}: {@link Winograd#DATA} of each tile. */
    private NdTensor data(Band band) {
        int tiles = (int) band.sizes.tiles();
        int above = (int) (band.first - band.from);
        return matrices.computeIfAbsent(Key.of("data", tiles, above, band.sources()), key -> {
            double[][] values = new double[Winograd.POINTS * tiles][(int) band.sources()];
            for (int tile = 0; tile < tiles; tile++) {
                for (int i = 0; i < Winograd.POINTS; i++) {
                    int source = tile * Winograd.OUTPUTS + i - 1 + above;
                    if (source >= 0 && source < band.sources()) {
                        for (int point = 0; point < Winograd.POINTS; point++) {
                            values[point * tiles + tile][source] = Winograd.DATA[point][i];
                        }
                    }
                }
            }
            return matrix(values);
        });
    }

    /** {@code [rows, points * tiles]}: {@link Winograd#RESULT} of each tile. */
    private NdTensor result(Band band) {
        int tiles = (int) band.sizes.tiles();
        return matrices.computeIfAbsent(Key.of("result", tiles, band.rows), key -> {
            double[][] values = new double[(int) band.rows][Winograd.POINTS * tiles];
            for (int row = 0; row < band.rows; row++) {
                for (int point = 0; point < Winograd.POINTS; point++) {
                    values[row][point * tiles + row / Winograd.OUTPUTS] =
                            Winograd.RESULT[row % Winograd.OUTPUTS][point];
                }
            }
            return matrix(values);
        });
    }

    /** {@code [points, taps]}: {@link Winograd#FILTER}; the input gradient is a convolution with the filter turned round. */
    private NdTensor filterMatrix(Role role) {
        return matrices.computeIfAbsent(Key.of("filter", role.ordinal()), key -> {
            double[][] values = new double[Winograd.POINTS][Winograd.TAPS];
            for (int point = 0; point < Winograd.POINTS; point++) {
                for (int tap = 0; tap < Winograd.TAPS; tap++) {
                    int row = role == FORWARD ? tap : Winograd.TAPS - 1 - tap;
                    values[point][row] = Winograd.FILTER[point][tap];
                }
            }
            return matrix(values);
        });
    }

    private static NdTensor matrix(double[][] rows) {
        NdTensor matrix = Memory.permanent(DType.F32, rows.length, rows[0].length);
        FloatBuffer target = NativeFloats.floats(matrix);
        for (int row = 0; row < rows.length; row++) {
            for (int column = 0; column < rows[row].length; column++) {
                target.put(row * rows[row].length + column, (float) rows[row][column]);
            }
        }
        return matrix;
    }
}
