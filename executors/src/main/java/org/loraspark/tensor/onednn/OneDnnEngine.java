package org.loraspark.tensor.onednn;

import static org.loraspark.tensor.onednn.Activation.GELU;
import static org.loraspark.tensor.onednn.Activation.QUICK_GELU;
import static org.loraspark.tensor.onednn.Activation.SILU;
import static org.loraspark.tensor.onednn.Kernels.nd;

import java.util.List;
import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HeadWeight;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.KernelChecks;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.MappedPages;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.PackedStates;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * The engine for x86 CPUs: every kernel is a chain of compiled oneDNN primitives on pooled ND4J memory, activations in
 * bf16 or fp32, sums in fp32. Outputs must not overlap inputs.
 */
final class OneDnnEngine implements Engine {
    private final DType compute;
    private final int threads;
    private final boolean compact;
    private final Memory memory;
    private final Dnnl dnnl = new Dnnl();
    private final WeightArena weights;
    private final MappedPages pages = new MappedPages();
    private final Transfers transfers;
    private final MatrixKernels matrices;
    private final HeadKernels heads;
    private final ConvKernels convolutions;
    private final GroupNormKernels groupNorms;
    private final LayerNormKernels layerNorms;
    private final ActivationKernels activations;
    private final AttentionKernels attentions;
    private final FewQueries fewQueries;
    private final PackedAttention packedAttention;
    private final ShapeKernels shapes;
    private final UpsampleConvKernels upsampleConvs;
    private Thread user;
    private boolean open = true;

    /**
     * @param compute BF16 or F32
     * @param compact multiplies with matrices as they lie in the file, in both directions
     */
    OneDnnEngine(DType compute, int threads, boolean compact) {
        this.compute = compute;
        this.threads = threads;
        this.compact = compact;
        memory = new Memory(compute);
        weights = new WeightArena();
        transfers = new Transfers(dnnl, memory, compute);
        matrices = new MatrixKernels(dnnl, memory, compute);
        heads = new HeadKernels(dnnl, memory, compute);
        convolutions = new ConvKernels(dnnl, memory, compute);
        groupNorms = new GroupNormKernels(dnnl, memory, compute);
        layerNorms = new LayerNormKernels(dnnl, memory, compute);
        activations = new ActivationKernels(dnnl, memory, compute);
        attentions = new AttentionKernels(dnnl, memory, compute);
        fewQueries = new FewQueries(dnnl, memory, compute);
        packedAttention = new PackedAttention(dnnl, memory, compute);
        shapes = new ShapeKernels(dnnl, memory, compute);
        upsampleConvs = new UpsampleConvKernels(dnnl, memory, compute, convolutions, shapes);
        adoptThread();
    }

    /** OpenMP keeps the number of threads for each calling thread. */
    private void adoptThread() {
        if (Thread.currentThread() != user) {
            user = Thread.currentThread();
            Isa.setThreads(threads);
        }
    }

    @Override
    public String name() {
        return OneDnnProvider.NAME;
    }

    @Override
    public DType compute() {
        return compute;
    }

    @Override
    public Scope scope() {
        adoptThread();
        weights.rest();
        return memory.open();
    }

    @Override
    public Tensor empty(long... shape) {
        return memory.empty(shape);
    }

    @Override
    public Tensor empty(DType type, long... shape) {
        return memory.empty(type, shape);
    }

    @Override
    public Tensor zeros(long... shape) {
        NdTensor tensor = memory.empty(shape);
        transfers.fill(tensor, 0);
        return tensor;
    }

    @Override
    public Tensor upload(float[] values, long... shape) {
        Tensor tensor = memory.empty(shape);
        write(tensor, values);
        return tensor;
    }

    @Override
    public void write(Tensor tensor, float[] values) {
        if (values.length != tensor.size()) {
            throw new IllegalArgumentException(
                    "write: " + values.length + " values for a tensor " + Shapes.toString(tensor.shape()));
        }
        transfers.write(values, nd(tensor));
    }

    @Override
    public float[] read(Tensor tensor) {
        return transfers.read(nd(tensor));
    }

    @Override
    public void fill(Tensor tensor, double value) {
        transfers.fill(nd(tensor), value);
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        Kernels.require(from.size() == to.size(), "copy", from, to);
        transfers.copy(nd(from), nd(to));
    }

    @Override
    public Tensor cloneOf(Tensor x) {
        NdTensor y = memory.empty(x.dtype(), x.shape());
        transfers.copy(nd(x), y);
        return y;
    }

    @Override
    public long nativeBytes() {
        return memory.bytes() + dnnl.scratchBytes();
    }

    @Override
    public Tensor freeze(HostTensor values) {
        long[] shape = values.shape();
        boolean rows = shape.length == 2 && Halves.canWiden(shape[1]);
        return FileValues.read(values, rows ? held(values) : compute, dnnl);
    }

    @Override
    public Tensor freezeExact(HostTensor values) {
        return FileValues.read(values, DType.F32, dnnl);
    }

    /** In float32, a file's values of two bytes stay as they are. */
    private DType held(HostTensor weight) {
        return compute == DType.F32 && HalfProducts.work(weight.dtype()) ? weight.dtype() : compute;
    }

    @Override
    public LinearWeight linearWeight(HostTensor weight) {
        return linearWeight(weight, null);
    }

    @Override
    public LinearWeight linearWeight(HostTensor weight, HostTensor bias) {
        long[] shape = weight.shape();
        if (shape.length != 2 || bias != null && bias.size() != shape[0]) {
            throw new IllegalArgumentException("linearWeight: expected [out,in] and a bias [out], got "
                    + Shapes.toString(shape) + (bias == null ? "" : " and " + Shapes.toString(bias.shape())));
        }
        long out = shape[0];
        long in = shape[1];
        DType held = held(weight);
        FrozenWeight packed = new FrozenWeight(
                WeightSource.of(weight, pages),
                new FrozenWeight.Types(held, held),
                compact || held != compute ? FrozenWeight.Keep.FILE_ORDER : FrozenWeight.Keep.BOTH,
                weights,
                Dnnl.strided(held, new long[] {in, out}, new long[] {1, in}),
                Dnnl.dense(held, out, in));
        return new PackedLinear(packed, bias == null ? null : FileValues.read(bias, DType.F32, dnnl), in, out);
    }

    @Override
    public HeadWeight headWeight(HostTensor weight, int heads) {
        KernelChecks.requireHeads(weight, heads);
        long width = weight.shape()[0] / heads;
        long in = weight.shape()[1];
        FrozenWeight packed = new FrozenWeight(
                WeightSource.of(weight, pages),
                new FrozenWeight.Types(compute, compute),
                FrozenWeight.Keep.BOTH,
                weights,
                Dnnl.strided(compute, new long[] {heads, in, width}, new long[] {width * in, 1, in}),
                Dnnl.dense(compute, heads, width, in));
        return new PackedHeads(packed, heads, width, in);
    }

    @Override
    public ConvWeight convWeight(HostTensor weight, HostTensor bias, ConvShape shape) {
        long[] file = weight.shape();
        if (file.length != 4 || file[2] != file[3] || bias.size() != file[0]) {
            throw new IllegalArgumentException("convWeight: expected [out,in,kernel,kernel] and a bias [out], got "
                    + Shapes.toString(file) + " and " + Shapes.toString(bias.shape()));
        }
        FrozenWeight packed = new FrozenWeight(
                WeightSource.of(weight, pages),
                new FrozenWeight.Types(compute, held(weight)),
                keepOfFilters(),
                weights,
                Dnnl.dense(compute, file),
                Dnnl.dense(compute, file));
        NdTensor values = FileValues.read(bias, DType.F32, dnnl);
        return new PackedConv(packed, values, file[1], file[0], (int) file[2], shape, List.of());
    }

    private FrozenWeight.Keep keepOfFilters() {
        return compact ? FrozenWeight.Keep.FORWARD_ONLY : FrozenWeight.Keep.BOTH;
    }

    @Override
    public ConvWeight upsampleConvWeight(HostTensor weight, HostTensor bias) {
        PackedConv w = (PackedConv) convWeight(weight, bias, ConvShape.same(UpsampleConvKernels.TAPS));
        return compute == DType.BF16 ? UpsampleConvKernels.withPhases(w, weight, keepOfFilters(), weights) : w;
    }

    @Override
    public void gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor c, double alpha, double beta) {
        matrices.gemm(nd(a), transposeA, nd(b), transposeB, nd(c), alpha, beta);
    }

    @Override
    public Tensor linear(Tensor x, LinearWeight w) {
        return matrices.linear(nd(x), w);
    }

    @Override
    public Tensor linearAdd(Tensor x, LinearWeight w, Tensor residual) {
        return matrices.linearAdd(nd(x), w, nd(residual));
    }

    @Override
    public Tensor linearGelu(Tensor x, LinearWeight w) {
        return matrices.linearGelu(nd(x), w);
    }

    @Override
    public Tensor headLinear(Tensor x, HeadWeight w) {
        return heads.linear(nd(x), w);
    }

    @Override
    public Tensor headLinearTransposed(Tensor x, HeadWeight w, double alpha) {
        return heads.transposed(nd(x), w, alpha);
    }

    @Override
    public void linearBackward(Tensor dy, LinearWeight w, Tensor dx, double beta) {
        matrices.linearBackward(nd(dy), w, nd(dx), beta);
    }

    @Override
    public Tensor conv2d(Tensor x, ConvWeight w) {
        return convolutions.forward(nd(x), w);
    }

    @Override
    public Tensor conv2dAdd(Tensor x, ConvWeight w, Tensor residual) {
        return convolutions.forwardAdd(nd(x), w, nd(residual));
    }

    @Override
    public void conv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        convolutions.backward(nd(dy), w, nd(dx), beta);
    }

    @Override
    public Tensor upsampleConv2d(Tensor x, long height, long width, ConvWeight w) {
        return UpsampleConvKernels.suits(nd(x), height, width, w)
                ? upsampleConvs.forward(nd(x), w)
                : Engine.super.upsampleConv2d(x, height, width, w);
    }

    @Override
    public void upsampleConv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        if (UpsampleConvKernels.suits(nd(dx), dy.dim(1), dy.dim(2), w)) {
            upsampleConvs.backward(nd(dy), w, nd(dx), beta);
        } else {
            Engine.super.upsampleConv2dBackward(dy, w, dx, beta);
        }
    }

    @Override
    public NormResult groupNorm(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        return groupNorms.forward(nd(x), groups, nd(gamma), nd(beta), eps, false);
    }

    @Override
    public void groupNormBackward(Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor dx, double beta) {
        groupNorms.backward(nd(dy), nd(x), nd(stats), groups, nd(gamma), nd(dx), beta);
    }

    @Override
    public NormResult groupNormSilu(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        return groupNorms.forward(nd(x), groups, nd(gamma), nd(beta), eps, true);
    }

    @Override
    public void groupNormSiluBackward(
            Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor beta, double eps, Tensor dx, double b) {
        groupNorms.siluBackward(nd(dy), nd(x), nd(stats), groups, nd(gamma), nd(beta), nd(dx), b);
    }

    @Override
    public NormResult layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps) {
        return layerNorms.forward(nd(x), nd(gamma), nd(beta), eps);
    }

    @Override
    public void layerNormBackward(Tensor dy, Tensor x, Tensor stats, Tensor gamma, Tensor dx, double beta) {
        layerNorms.backward(nd(dy), nd(x), nd(stats), nd(gamma), nd(dx), beta);
    }

    @Override
    public Tensor silu(Tensor x) {
        return activations.forward(SILU, nd(x));
    }

    @Override
    public void siluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.backward(SILU, nd(dy), nd(x), nd(dx), beta);
    }

    @Override
    public Tensor gelu(Tensor x) {
        return activations.forward(GELU, nd(x));
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.backward(GELU, nd(dy), nd(x), nd(dx), beta);
    }

    @Override
    public Tensor quickGelu(Tensor x) {
        return activations.forward(QUICK_GELU, nd(x));
    }

    @Override
    public void quickGeluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.backward(QUICK_GELU, nd(dy), nd(x), nd(dx), beta);
    }

    @Override
    public Tensor geglu(Tensor x) {
        return activations.geglu(nd(x));
    }

    @Override
    public void gegluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.gegluBackward(nd(dy), nd(x), nd(dx), beta);
    }

    @Override
    public AttentionResult attention(Tensor q, Tensor k, Tensor v, int heads, boolean causal) {
        if (fewQueries.suits(nd(q), nd(k), nd(v), heads, causal)) {
            return fewQueries.forward(nd(q), nd(k), nd(v), heads);
        }
        return attentions.forward(nd(q), nd(k), nd(v), heads, causal);
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
        attentions.backward(nd(dy), nd(q), nd(k), nd(v), forward, heads, causal, nd(dq), nd(dk), nd(dv));
    }

    @Override
    public PackedStates packStates(Tensor states) {
        return packedAttention.pack(nd(states));
    }

    @Override
    public Tensor attend(Tensor q, PackedStates to) {
        return packedAttention.attend(nd(q), to);
    }

    @Override
    public Tensor upsample(Tensor x, long height, long width) {
        return shapes.upsample(nd(x), height, width);
    }

    @Override
    public void upsampleBackward(Tensor dy, Tensor dx, double beta) {
        shapes.upsampleBackward(nd(dy), nd(dx), beta);
    }

    @Override
    public Tensor concat(Tensor a, Tensor b) {
        return shapes.concat(nd(a), nd(b));
    }

    @Override
    public void columns(Tensor x, long offset, Tensor dx, double beta) {
        shapes.columns(nd(x), offset, nd(dx), beta);
    }

    @Override
    public Tensor embedding(int[] ids, Tensor table) {
        return shapes.embedding(ids, nd(table));
    }

    @Override
    public Tensor add(Tensor a, Tensor b) {
        return activations.add(nd(a), nd(b));
    }

    @Override
    public void axpy(double alpha, Tensor x, Tensor y) {
        activations.axpy(alpha, nd(x), nd(y));
    }

    @Override
    public Tensor scale(Tensor x, double alpha) {
        return activations.scale(nd(x), alpha);
    }

    @Override
    public Tensor multiply(Tensor a, Tensor b) {
        return activations.multiply(nd(a), nd(b));
    }

    @Override
    public Tensor addPerSample(Tensor x, Tensor rows) {
        return shapes.addPerSample(nd(x), nd(rows));
    }

    @Override
    public void addPerSampleBackward(Tensor dy, Tensor drows, double beta) {
        shapes.addPerSampleBackward(nd(dy), nd(drows), beta);
    }

    @Override
    public boolean isFinite(Tensor x) {
        return activations.isFinite(nd(x));
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            memory.close();
            dnnl.close();
        }
    }
}
