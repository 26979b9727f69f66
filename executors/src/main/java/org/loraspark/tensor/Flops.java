package org.loraspark.tensor;

/** Floating-point operations of the kernels that multiply, a multiplication and an addition counting as two. */
public final class Flops {
    private Flops() {}

    /** Of a product whose result is c, over so many terms. */
    public static long product(Tensor c, long terms) {
        return 2 * c.size() * terms;
    }

    /** Of {@link Engine#gemm}, whose first factor is a. */
    public static long gemm(Tensor a, boolean transposeA, Tensor c) {
        return product(c, a.dim(transposeA ? 0 : 1));
    }

    /** @param x what has W's inputs as its last dimension: the layer's input, or that input's gradient */
    public static long linear(Tensor x, LinearWeight w) {
        return product(x, w.out());
    }

    /** @param x what has all heads' inputs as its last dimension */
    public static long headLinear(Tensor x, HeadWeight w) {
        return product(x, w.width());
    }

    /** @param y the convolution's output, or that output's gradient */
    public static long conv(Tensor y, ConvWeight w) {
        return product(y, w.in() * w.kernel() * w.kernel());
    }

    /** Scores and their product with the values. */
    public static long attention(Tensor q, long keys) {
        return 2 * product(q, keys);
    }

    /** Scores again, then the products for dv, the probabilities' gradient, dq and dk. */
    public static long attentionBackward(Tensor q, long keys) {
        return 5 * product(q, keys);
    }
}
