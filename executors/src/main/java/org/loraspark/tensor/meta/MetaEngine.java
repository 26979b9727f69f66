package org.loraspark.tensor.meta;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Flops;
import org.loraspark.tensor.HeadWeight;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.KernelChecks;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;

/**
 * Runs a model on shapes alone (PyTorch calls it the meta device). It tells which weights a model asks for before any is
 * read, how many floating-point operations a step has, counting a multiplication and an addition as two, and how much
 * memory its scopes hold at most. Values read from it are zeros.
 */
public final class MetaEngine implements Engine {
    private final DType compute;
    private final Deque<MetaScope> scopes = new ArrayDeque<>();
    private long flops;
    private long bytes;
    private long peakBytes;
    private long frozenBytes;

    public MetaEngine(DType compute) {
        this.compute = compute;
    }

    /** A tensor of the given shape for {@link #freeze} and its like, which look at nothing else. */
    public static HostTensor placeholder(long... shape) {
        return new HostTensor(DType.BOOL, shape, ByteBuffer.allocate(Math.toIntExact(Shapes.size(shape))));
    }

    /** Operations of matrix products, convolutions and attention so far. */
    public long flops() {
        return flops;
    }

    /** The most that open scopes held at one time, in bytes. */
    public long peakBytes() {
        return peakBytes;
    }

    /** Bytes of all frozen weights in the compute type. */
    public long frozenBytes() {
        return frozenBytes;
    }

    /** The memory that a tensor would have; {@code owner} is null when frozen or given back. */
    private static final class MetaBlock {
        private final long bytes;
        private MetaScope owner;

        MetaBlock(long bytes) {
            this.bytes = bytes;
        }
    }

    private record MetaTensor(MetaBlock block, DType dtype, long[] shape) implements Tensor {
        @Override
        public Tensor reshape(long... newShape) {
            requireSameSize("reshape", Shapes.size(shape), Shapes.size(newShape));
            return new MetaTensor(block, dtype, newShape);
        }

        @Override
        public Tensor slice(long offset, long... newShape) {
            return new MetaTensor(block, dtype, newShape);
        }
    }

    private record MetaLinear(long in, long out) implements LinearWeight {}

    private record MetaHeads(int heads, long width, long in) implements HeadWeight {}

    private record MetaConv(long in, long out, int kernel, ConvShape shape) implements ConvWeight {}

    private final class MetaScope implements Scope {
        private final MetaScope parent = scopes.peek();
        private final Set<MetaBlock> blocks = new HashSet<>();

        void add(MetaBlock block) {
            block.owner = this;
            blocks.add(block);
        }

        @Override
        public Tensor keep(Tensor tensor) {
            MetaBlock block = ((MetaTensor) tensor).block();
            if (block.owner == this && parent != null) {
                blocks.remove(block);
                parent.add(block);
            }
            return tensor;
        }

        @Override
        public void release(Tensor tensor) {
            MetaBlock block = ((MetaTensor) tensor).block();
            if (block.owner != null) {
                block.owner.blocks.remove(block);
                free(block);
            }
        }

        @Override
        public void close() {
            blocks.forEach(MetaEngine.this::free);
            blocks.clear();
            scopes.remove(this);
        }
    }

    private void free(MetaBlock block) {
        block.owner = null;
        bytes -= block.bytes;
    }

    @Override
    public String name() {
        return "meta";
    }

    @Override
    public DType compute() {
        return compute;
    }

    @Override
    public Scope scope() {
        MetaScope scope = new MetaScope();
        scopes.push(scope);
        return scope;
    }

    @Override
    public Tensor empty(long... shape) {
        return empty(compute, shape);
    }

    @Override
    public Tensor empty(DType type, long... shape) {
        MetaBlock block = new MetaBlock(Shapes.size(shape) * type.bytes());
        if (!scopes.isEmpty()) {
            scopes.peek().add(block);
        }
        bytes += block.bytes;
        peakBytes = Math.max(peakBytes, bytes);
        return new MetaTensor(block, type, shape.clone());
    }

    @Override
    public Tensor zeros(long... shape) {
        return empty(shape);
    }

    @Override
    public Tensor upload(float[] values, long... shape) {
        requireSameSize("upload", values.length, Shapes.size(shape));
        return empty(shape);
    }

    @Override
    public void write(Tensor tensor, float[] values) {
        requireSameSize("write", tensor.size(), values.length);
    }

    @Override
    public float[] read(Tensor tensor) {
        return new float[Math.toIntExact(tensor.size())];
    }

    @Override
    public void fill(Tensor tensor, double value) {}

    @Override
    public void copy(Tensor from, Tensor to) {
        requireSameSize("copy", from.size(), to.size());
    }

    @Override
    public Tensor cloneOf(Tensor x) {
        return empty(x.shape());
    }

    /** What open scopes hold. */
    @Override
    public long nativeBytes() {
        return bytes;
    }

    @Override
    public Tensor freeze(HostTensor values) {
        MetaBlock block = new MetaBlock((long) values.size() * compute.bytes());
        frozenBytes += block.bytes;
        return new MetaTensor(block, compute, values.shape());
    }

    @Override
    public LinearWeight linearWeight(HostTensor weight) {
        frozenBytes += (long) weight.size() * compute.bytes();
        return new MetaLinear(weight.shape()[1], weight.shape()[0]);
    }

    @Override
    public LinearWeight linearWeight(HostTensor weight, HostTensor bias) {
        frozenBytes += (long) bias.size() * compute.bytes();
        return linearWeight(weight);
    }

    @Override
    public HeadWeight headWeight(HostTensor weight, int heads) {
        KernelChecks.requireHeads(weight, heads);
        freeze(weight);
        return new MetaHeads(heads, weight.shape()[0] / heads, weight.shape()[1]);
    }

    @Override
    public ConvWeight convWeight(HostTensor weight, HostTensor bias, ConvShape shape) {
        frozenBytes += (long) (weight.size() + bias.size()) * compute.bytes();
        long[] s = weight.shape();
        return new MetaConv(s[1], s[0], Math.toIntExact(s[2]), shape);
    }

    @Override
    public void gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor c, double alpha, double beta) {
        long inner = a.dim(transposeA ? 0 : 1);
        requireSameSize("gemm", inner, b.dim(transposeB ? 1 : 0));
        boolean types = a.dtype() == compute && b.dtype() == compute && (c.dtype() == compute || c.dtype() == master());
        if (!types) {
            throw new IllegalArgumentException(
                    "gemm: no product of " + a.dtype() + " and " + b.dtype() + " to " + c.dtype() + " in " + compute);
        }
        flops += Flops.gemm(a, transposeA, c);
    }

    @Override
    public Tensor linear(Tensor x, LinearWeight w) {
        requireSameSize("linear", x.dim(-1), w.in());
        flops += Flops.linear(x, w);
        return empty(Shapes.withLast(x.shape(), w.out()));
    }

    @Override
    public Tensor headLinear(Tensor x, HeadWeight w) {
        requireSameSize("headLinear", x.dim(-1), w.heads() * w.in());
        flops += Flops.headLinear(x, w);
        return empty(Shapes.withLast(x.shape(), w.heads() * w.width()));
    }

    @Override
    public Tensor headLinearTransposed(Tensor x, HeadWeight w, double alpha) {
        requireSameSize("headLinearTransposed", x.dim(-1), w.heads() * w.width());
        Tensor y = empty(Shapes.withLast(x.shape(), w.heads() * w.in()));
        flops += Flops.headLinear(y, w);
        return y;
    }

    @Override
    public void linearBackward(Tensor dy, LinearWeight w, Tensor dx, double beta) {
        flops += Flops.linear(dx, w);
    }

    @Override
    public Tensor conv2d(Tensor x, ConvWeight w) {
        requireSameSize("conv2d", x.dim(-1), w.in());
        long height = w.shape().outHeight(x.dim(1), w.kernel());
        long width = w.shape().outWidth(x.dim(2), w.kernel());
        Tensor y = empty(x.dim(0), height, width, w.out());
        flops += Flops.conv(y, w);
        return y;
    }

    @Override
    public void conv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        flops += Flops.conv(dy, w);
    }

    @Override
    public NormResult groupNorm(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        return new NormResult(empty(x.shape()), empty(master(), 2, x.dim(0) * groups));
    }

    @Override
    public void groupNormBackward(
            Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor dx, double beta) {}

    @Override
    public NormResult groupNormSilu(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        return groupNorm(x, groups, gamma, beta, eps);
    }

    @Override
    public void groupNormSiluBackward(
            Tensor dy,
            Tensor x,
            Tensor stats,
            int groups,
            Tensor gamma,
            Tensor beta,
            double eps,
            Tensor dx,
            double b) {}

    @Override
    public NormResult layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps) {
        return new NormResult(empty(x.shape()), empty(master(), 2, Shapes.rows(x.shape())));
    }

    @Override
    public void layerNormBackward(Tensor dy, Tensor x, Tensor stats, Tensor gamma, Tensor dx, double beta) {}

    @Override
    public Tensor silu(Tensor x) {
        return empty(x.shape());
    }

    @Override
    public void siluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {}

    @Override
    public Tensor gelu(Tensor x) {
        return empty(x.shape());
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {}

    @Override
    public Tensor quickGelu(Tensor x) {
        return empty(x.shape());
    }

    @Override
    public void quickGeluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {}

    @Override
    public Tensor geglu(Tensor x) {
        return empty(Shapes.withLast(x.shape(), x.dim(-1) / 2));
    }

    @Override
    public void gegluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {}

    @Override
    public AttentionResult attention(Tensor q, Tensor k, Tensor v, int heads, boolean causal) {
        flops += Flops.attention(q, k.dim(1));
        return new AttentionResult(empty(q.shape()), empty(master(), q.dim(0), heads, q.dim(1)));
    }

    @Override
    public void attentionBackward(
            Tensor dy,
            Tensor q,
            Tensor k,
            Tensor v,
            AttentionResult forward,
            int heads,
            boolean causal,
            Tensor dq,
            Tensor dk,
            Tensor dv) {
        flops += Flops.attentionBackward(q, k.dim(1));
    }

    @Override
    public Tensor upsample(Tensor x, long height, long width) {
        return empty(x.dim(0), height, width, x.dim(3));
    }

    @Override
    public void upsampleBackward(Tensor dy, Tensor dx, double beta) {}

    @Override
    public Tensor concat(Tensor a, Tensor b) {
        return empty(Shapes.withLast(a.shape(), a.dim(-1) + b.dim(-1)));
    }

    @Override
    public void columns(Tensor x, long offset, Tensor dx, double beta) {}

    @Override
    public Tensor embedding(int[] ids, Tensor table) {
        return empty(ids.length, table.dim(1));
    }

    @Override
    public Tensor add(Tensor a, Tensor b) {
        if (b.shape().length > 1) {
            requireSameSize("add", a.size(), b.size());
        }
        return empty(a.shape());
    }

    @Override
    public void axpy(double alpha, Tensor x, Tensor y) {
        requireSameSize("axpy", x.size(), y.size());
    }

    @Override
    public Tensor scale(Tensor x, double alpha) {
        return empty(x.shape());
    }

    @Override
    public Tensor multiply(Tensor a, Tensor b) {
        requireSameSize("multiply", a.size(), b.size());
        return empty(a.shape());
    }

    @Override
    public Tensor addPerSample(Tensor x, Tensor rows) {
        if (!Arrays.equals(rows.shape(), new long[] {x.dim(0), x.dim(-1)})) {
            throw new IllegalArgumentException("addPerSample: " + Shapes.toString(x.shape()) + " and "
                    + Shapes.toString(rows.shape()) + " do not fit");
        }
        return empty(x.shape());
    }

    @Override
    public void addPerSampleBackward(Tensor dy, Tensor drows, double beta) {}

    @Override
    public boolean isFinite(Tensor x) {
        return true;
    }

    @Override
    public void close() {}

    private static void requireSameSize(String kernel, long a, long b) {
        if (a != b) {
            throw new IllegalArgumentException(kernel + ": " + a + " and " + b + " elements do not fit");
        }
    }
}
