package org.loraspark.tensor.onednn;

import static org.loraspark.tensor.onednn.FrozenWeight.Role.BACKWARD;
import static org.loraspark.tensor.onednn.FrozenWeight.Role.FORWARD;

import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Matrix products, of two tensors and with frozen weights. Accumulation is in float32. */
final class MatrixKernels extends Kernels {
    /** Sums up to here stay in one thread, measured with up to 16. */
    static final long LONGEST_SUM = 1024;

    private static final long TILE = 64;

    /** With so many tiles of the result no machine's threads are short of work. */
    private static final long MANY_TILES = 1024;

    MatrixKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    /**
     * c = alpha op(a) op(b) + beta c, the same bits for any number of threads: oneDNN shares a long sum among threads when
     * the result has too few tiles for them, so such sums are cut here.
     */
    void gemm(NdTensor a, boolean transposeA, NdTensor b, boolean transposeB, NdTensor c, double alpha, double beta) {
        long m = a.dim(transposeA ? 1 : 0);
        long k = a.dim(transposeA ? 0 : 1);
        long n = b.dim(transposeB ? 0 : 1);
        require(b.dim(transposeB ? 1 : 0) == k && c.dim(0) == m && c.dim(1) == n, "gemm", a, b, c);
        Product product = new Product(m, k, n, transposeA, transposeB);
        if (k <= LONGEST_SUM || tiles(m) * tiles(n) >= MANY_TILES) {
            gemm(product, k, a.address(), b.address(), c, alpha, beta);
            return;
        }
        NdTensor sum = c.dtype() == DType.F32 ? c : memory.empty(DType.F32, m, n);
        if (sum != c && beta != 0) {
            convert(c, sum);
        }
        for (long from = 0; from < k; from += LONGEST_SUM) {
            gemm(
                    product,
                    Math.min(LONGEST_SUM, k - from),
                    a.address() + from * (transposeA ? m : 1) * type.bytes(),
                    b.address() + from * (transposeB ? 1 : n) * type.bytes(),
                    sum,
                    alpha,
                    from == 0 ? beta : 1);
        }
        if (sum != c) {
            convert(sum, c);
            memory.release(sum);
        }
    }

    private record Product(long m, long k, long n, boolean transposeA, boolean transposeB) {
        long flags() {
            return (transposeA ? 1 : 0) + (transposeB ? 2 : 0);
        }
    }

    private static long tiles(long size) {
        return (size + TILE - 1) / TILE;
    }

    /** Over {@code length} of the product's k terms. */
    private void gemm(Product p, long length, long left, long right, NdTensor c, double alpha, double beta) {
        Key key = Key.of(
                "gemm",
                p.m(),
                p.k(),
                p.n(),
                length,
                p.flags() + (beta == 0 ? 0 : 4) + (c.dtype() == type ? 0 : 8),
                Double.doubleToLongBits(alpha));
        context.operation(
                        key,
                        () -> context.product(
                                Dnnl.strided(type, new long[] {p.m(), length}, strides(p.m(), p.k(), p.transposeA())),
                                Dnnl.strided(type, new long[] {length, p.n()}, strides(p.k(), p.n(), p.transposeB())),
                                Dnnl.dense(c.dtype(), p.m(), p.n()),
                                PostOps.none().scale(alpha).accumulate(beta)))
                .run(left, right, c.address());
    }

    /** {@code [..., in] -> [..., out]}. */
    NdTensor linear(NdTensor x, LinearWeight weight) {
        PackedLinear w = (PackedLinear) weight;
        requireFit(x.last() == w.in(), "linear", x, w);
        return multiply(x, w, linear(w, x.rows(), false, false));
    }

    /** gelu of {@link #linear}, with the error function. */
    NdTensor linearGelu(NdTensor x, LinearWeight weight) {
        PackedLinear w = (PackedLinear) weight;
        requireFit(x.last() == w.in(), "linearGelu", x, w);
        return multiply(x, w, linear(w, x.rows(), false, true));
    }

    /** @param operands of the post-ops */
    private NdTensor multiply(NdTensor x, PackedLinear w, Operation operation, NdTensor... operands) {
        NdTensor y = memory.empty(Shapes.withLast(x.shape(), w.out()));
        int given = w.bias() == null ? 3 : 4;
        long[] addresses = new long[given + operands.length];
        addresses[0] = x.address();
        addresses[1] = w.weight().address(FORWARD, operation.weights(), context);
        addresses[2] = y.address();
        if (w.bias() != null) {
            addresses[3] = w.bias().address();
        }
        for (int i = 0; i < operands.length; i++) {
            addresses[given + i] = operands[i].address();
        }
        operation.run(addresses);
        return y;
    }

    /** Plus a residual of the output's shape. */
    NdTensor linearAdd(NdTensor x, LinearWeight weight, NdTensor residual) {
        PackedLinear w = (PackedLinear) weight;
        requireFit(x.last() == w.in(), "linearAdd", x, w);
        requireFit(residual.size() == x.rows() * w.out(), "linearAdd", residual, w);
        return multiply(x, w, linear(w, x.rows(), true, false), residual);
    }

    private Operation linear(PackedLinear w, long rows, boolean residual, boolean gelu) {
        boolean bias = w.bias() != null;
        return weighted(
                "linear",
                w.weight(),
                FORWARD,
                Dnnl.any(w.weight().type(), w.in(), w.out()),
                weights -> {
                    memory.desc to = Dnnl.dense(type, rows, w.out());
                    PostOps postOps = PostOps.none();
                    if (residual) {
                        postOps.add(to);
                    }
                    if (gelu) {
                        postOps.eltwise(algorithm.eltwise_gelu_erf, 0, 0);
                    }
                    memory.desc from = Dnnl.dense(type, rows, w.in());
                    return bias
                            ? context.product(from, weights, Dnnl.dense(DType.F32, 1, w.out()), to, postOps)
                            : context.product(from, weights, to, postOps);
                },
                rows,
                w.in(),
                w.out(),
                (bias ? 1 : 0) + (residual ? 2 : 0) + (gelu ? 4 : 0));
    }

    /** dx = beta dx + dy W. */
    void linearBackward(NdTensor dy, LinearWeight weight, NdTensor dx, double beta) {
        PackedLinear w = (PackedLinear) weight;
        long rows = dy.rows();
        requireFit(dy.last() == w.out(), "linearBackward", dy, w);
        requireFit(dx.size() == rows * w.in(), "linearBackward", dx, w);
        Operation operation = weighted(
                "linearBackward",
                w.weight(),
                BACKWARD,
                Dnnl.any(w.weight().type(), w.out(), w.in()),
                weights -> context.product(
                        Dnnl.dense(type, rows, w.out()),
                        weights,
                        Dnnl.dense(type, rows, w.in()),
                        PostOps.none().accumulate(beta)),
                rows,
                w.in(),
                w.out(),
                (long) beta);
        operation.run(dy.address(), w.weight().address(BACKWARD, operation.weights(), context), dx.address());
    }

    private static void requireFit(boolean fits, String kernel, NdTensor x, PackedLinear w) {
        if (!fits) {
            throw new IllegalArgumentException(kernel + ": " + Shapes.toString(x.shape()) + " does not fit a weight of "
                    + w.in() + " inputs and " + w.out() + " outputs");
        }
    }

    private static long[] strides(long rows, long columns, boolean transposed) {
        return transposed ? new long[] {1, rows} : new long[] {columns, 1};
    }
}
