package org.loraspark.tensor;

/**
 * The kernels that models are made of, and the memory they work in. One engine belongs to one worker and is used by one
 * thread at a time; frozen weights ({@link LinearWeight}, {@link ConvWeight}, {@link #freeze}) may be shared by all
 * engines of the same kind in a process.
 *
 * <p>Pictures and feature maps are {@code [batch, height, width, channels]}, token sequences {@code [batch, tokens,
 * dim]}. Forward kernels make a new tensor in the innermost {@link Scope}. Backward kernels give the gradient of their
 * <em>input</em> (never of a frozen weight) and write it as BLAS does: {@code dx = beta * dx + gradient}, with {@code
 * beta} 0 or 1; with 0 the old values, NaN included, are not read.
 */
public interface Engine extends AutoCloseable {
    // ---- what it is

    /** The provider's name. */
    String name();

    /** Type of activations and their gradients. */
    DType compute();

    /** Type of what is trained and of its gradients: F32, or F64 when everything is computed in F64. */
    default DType master() {
        return compute() == DType.F64 ? DType.F64 : DType.F32;
    }

    // ---- memory

    Scope scope();

    /** Uninitialised, of the compute type. */
    Tensor empty(long... shape);

    /** Uninitialised, of the compute or the master type. */
    Tensor empty(DType type, long... shape);

    Tensor zeros(long... shape);

    /** Copies values in, rounded to the compute type. */
    Tensor upload(float[] values, long... shape);

    /** Overwrites a tensor's values. */
    void write(Tensor tensor, float[] values);

    /** Copies values out. */
    float[] read(Tensor tensor);

    void fill(Tensor tensor, double value);

    /** Copies values of the same number, rounded when the types differ. */
    void copy(Tensor from, Tensor to);

    Tensor cloneOf(Tensor x);

    /** Bytes of native memory that the engine holds, in use and pooled. */
    long nativeBytes();

    // ---- frozen weights: outside every scope, live until the engine's process ends or the model is closed

    /** An embedding table, of the compute type or as narrow as its file. */
    Tensor freeze(HostTensor values);

    /** A frozen array of the master type: a norm's scale and shift. */
    default Tensor freezeExact(HostTensor values) {
        return freeze(values);
    }

    /** Packs W {@code [out, in]} without bias. */
    LinearWeight linearWeight(HostTensor weight);

    /** Packs W {@code [out, in]} and bias {@code [out]}. */
    LinearWeight linearWeight(HostTensor weight, HostTensor bias);

    /** Packs W {@code [heads * width, in]} for products with each head's rows of it. */
    HeadWeight headWeight(HostTensor weight, int heads);

    /** Packs a kernel {@code [out, in, kernel, kernel]} and bias {@code [out]}; 1x1 kernels belong to linear. */
    ConvWeight convWeight(HostTensor weight, HostTensor bias, ConvShape shape);

    /** A 3x3 kernel {@code [out, in, 3, 3]} and bias for {@link #upsampleConv2d}. */
    default ConvWeight upsampleConvWeight(HostTensor weight, HostTensor bias) {
        return convWeight(weight, bias, ConvShape.same(3));
    }

    // ---- matrices

    /**
     * C = alpha * op(A) op(B) + beta * C on two-dimensional tensors; {@code op} transposes when its flag is set. A and B
     * are of the compute type, C of the compute or the master type.
     *
     * @param c of shape {@code [rows of op(A), columns of op(B)]}
     */
    void gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor c, double alpha, double beta);

    /** y = x Wᵀ + b: {@code [..., in] -> [..., out]}. */
    Tensor linear(Tensor x, LinearWeight w);

    /** y = x Wᵀ + b + residual, the residual of y's shape. */
    default Tensor linearAdd(Tensor x, LinearWeight w, Tensor residual) {
        Tensor y = linear(x, w);
        axpy(1, residual, y);
        return y;
    }

    /** gelu(x Wᵀ + b). Nothing goes back through it. */
    default Tensor linearGelu(Tensor x, LinearWeight w) {
        try (Scope inner = scope()) {
            return inner.keep(gelu(linear(x, w)));
        }
    }

    /** y_h = x_h W_hᵀ in each head: {@code [..., heads * in] -> [..., heads * width]}. Nothing goes back through it. */
    Tensor headLinear(Tensor x, HeadWeight w);

    /** y_h = alpha * x_h W_h in each head: {@code [..., heads * width] -> [..., heads * in]}. Nothing goes back through it. */
    Tensor headLinearTransposed(Tensor x, HeadWeight w, double alpha);

    /** dx = beta * dx + dy W. */
    void linearBackward(Tensor dy, LinearWeight w, Tensor dx, double beta);

    /** {@code [batch, height, width, in] -> [batch, height', width', out]}. */
    Tensor conv2d(Tensor x, ConvWeight w);

    /** The convolution plus a residual of its output's shape. */
    default Tensor conv2dAdd(Tensor x, ConvWeight w, Tensor residual) {
        Tensor y = conv2d(x, w);
        axpy(1, residual, y);
        return y;
    }

    /** @param dx of the shape of the convolution's input */
    void conv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta);

    /**
     * {@link #conv2d} of {@link #upsample}: {@code [batch, h, w, in] -> [batch, height, width, out]}.
     *
     * @param w of {@link #upsampleConvWeight}
     */
    default Tensor upsampleConv2d(Tensor x, long height, long width, ConvWeight w) {
        try (Scope inner = scope()) {
            return inner.keep(conv2d(upsample(x, height, width), w));
        }
    }

    default void upsampleConv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        try (Scope inner = scope()) {
            Tensor large = empty(dy.dim(0), dy.dim(1), dy.dim(2), w.in());
            conv2dBackward(dy, w, large, 0);
            upsampleBackward(large, dx, beta);
        }
    }

    // ---- normalisation: y = gamma * (x - mean) / sqrt(variance + eps) + beta, biased variance, in float32 or better;
    //      gamma and beta are of the master type

    /** Over the pixels and the channels of each of {@code groups} groups; x is {@code [batch, ..., channels]}. */
    NormResult groupNorm(Tensor x, int groups, Tensor gamma, Tensor beta, double eps);

    void groupNormBackward(Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor dx, double beta);

    /** silu(groupNorm(x)), which keeps nothing but the statistics for the way back. */
    default NormResult groupNormSilu(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        try (Scope inner = scope()) {
            NormResult norm = groupNorm(x, groups, gamma, beta, eps);
            inner.keep(norm.stats());
            return new NormResult(inner.keep(silu(norm.output())), norm.stats());
        }
    }

    /** The normalised values are computed again. */
    default void groupNormSiluBackward(
            Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor beta, double eps, Tensor dx, double b) {
        try (Scope inner = scope()) {
            Tensor normalised = groupNorm(x, groups, gamma, beta, eps).output();
            Tensor dNormalised = empty(x.shape());
            siluBackward(dy, normalised, dNormalised, 0);
            groupNormBackward(dNormalised, x, stats, groups, gamma, dx, b);
        }
    }

    /** Over the last dimension. */
    NormResult layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps);

    void layerNormBackward(Tensor dy, Tensor x, Tensor stats, Tensor gamma, Tensor dx, double beta);

    // ---- activations

    /** x * sigmoid(x). */
    Tensor silu(Tensor x);

    void siluBackward(Tensor dy, Tensor x, Tensor dx, double beta);

    /** x * Phi(x), with the error function. */
    Tensor gelu(Tensor x);

    void geluBackward(Tensor dy, Tensor x, Tensor dx, double beta);

    /** x * sigmoid(1.702 x). */
    Tensor quickGelu(Tensor x);

    void quickGeluBackward(Tensor dy, Tensor x, Tensor dx, double beta);

    /** Splits the last dimension in two halves {@code [value, gate]} and gives value * gelu(gate). */
    Tensor geglu(Tensor x);

    void gegluBackward(Tensor dy, Tensor x, Tensor dx, double beta);

    // ---- attention

    /**
     * softmax(q kᵀ / sqrt(width)) v in each head, width = dim / heads.
     *
     * @param q {@code [batch, queries, dim]}
     * @param k {@code [batch, keys, dim]}
     * @param v {@code [batch, keys, dim]}
     * @param causal a query sees the keys up to its own position
     */
    AttentionResult attention(Tensor q, Tensor k, Tensor v, int heads, boolean causal);

    /** Writes the gradients of q, k and v, each with beta = 0. */
    void attentionBackward(
            Tensor dy,
            Tensor q,
            Tensor k,
            Tensor v,
            AttentionResult forward,
            int heads,
            boolean causal,
            Tensor dq,
            Tensor dk,
            Tensor dv);

    /**
     * Attention to rows of a table, where sequences that begin alike share keys and values. Nothing goes back through it.
     *
     * @param q {@code [batch, queries, dim]}
     * @param keys {@code [rows, dim]}
     * @param values {@code [rows, dim]}
     * @param rows {@code [batch * n]}: where each sample's n keys and values lie
     * @return {@code [batch, queries, dim]}
     */
    default Tensor rowAttention(Tensor q, Tensor keys, Tensor values, int[] rows, int heads) {
        long[] shape = {q.dim(0), rows.length / q.dim(0), q.dim(2)};
        try (Scope inner = scope()) {
            Tensor k = embedding(rows, keys).reshape(shape);
            Tensor v = embedding(rows, values).reshape(shape);
            return inner.keep(attention(q, k, v, heads, false).output());
        }
    }

    /**
     * States in the layouts in which {@link #attend} reads them fastest, or as they are.
     *
     * @param states {@code [batch, tokens, dim]}
     */
    default PackedStates packStates(Tensor states) {
        return new PackedStates(states, states, states.dim(1));
    }

    /**
     * softmax(q xᵀ) x for states x, a sample's result being the same whatever stands beside it. Attention whose keys x Wkᵀ
     * and values x Wvᵀ are never made is this with q Wk in the place of q, and its result times Wvᵀ ({@link
     * #headLinearTransposed}, {@link #headLinear}). Nothing goes back through it.
     *
     * @param q {@code [batch, queries, dim]}
     * @return {@code [batch, queries, dim]}
     */
    default Tensor attend(Tensor q, PackedStates to) {
        try (Scope inner = scope()) {
            // Attention divides scores by the square root of its width.
            Tensor wide = scale(q, Math.sqrt(q.dim(-1)));
            return inner.keep(attention(wide, to.keys(), to.values(), 1, false).output());
        }
    }

    // ---- shape

    /**
     * Nearest neighbour: {@code [batch, h, w, channels] -> [batch, height, width, channels]}, source row floor(i * h /
     * height). Twice the size, but for one row or column less where the way down had rounded up.
     */
    Tensor upsample(Tensor x, long height, long width);

    void upsampleBackward(Tensor dy, Tensor dx, double beta);

    /** Along the last dimension: {@code [..., m], [..., n] -> [..., m + n]}. */
    Tensor concat(Tensor a, Tensor b);

    /** dx = beta * dx + columns {@code [offset, offset + last(dx))} of x. */
    void columns(Tensor x, long offset, Tensor dx, double beta);

    /** Rows of a table: {@code [n]} ids give {@code [n, dim]}. */
    Tensor embedding(int[] ids, Tensor table);

    // ---- element-wise

    /** a + b of the same shape, or b {@code [channels]} added to every row of a. */
    Tensor add(Tensor a, Tensor b);

    /** y += alpha * x. */
    void axpy(double alpha, Tensor x, Tensor y);

    Tensor scale(Tensor x, double alpha);

    Tensor multiply(Tensor a, Tensor b);

    /** x {@code [batch, ..., channels]} plus one row {@code [batch, channels]} for each picture. */
    Tensor addPerSample(Tensor x, Tensor rows);

    /** drows {@code [batch, channels]} = beta * drows + the sum of dy over all dimensions between. */
    void addPerSampleBackward(Tensor dy, Tensor drows, double beta);

    /** Whether every value is finite. */
    boolean isFinite(Tensor x);

    @Override
    void close();
}
