package org.loraspark.tensor.nd4j;

import java.nio.ByteOrder;
import java.util.Arrays;
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
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The portable engine: float32 (or float64, for gradient checks) on whatever backend ND4J found. Every operation's
 * result is the same bits for any state of the memory pool, and with {@link OpenBlas#sameForAnyThreads some kernels} of
 * OpenBLAS for any number of threads; its others round some sums otherwise where one thread's share ends. Outputs must not
 * overlap inputs.
 */
final class Nd4jEngine implements Engine {
    private final MappedPages pages = new MappedPages();
    private final Memory memory;
    private final Constants constants;
    private final MatrixKernels matrices;
    private final HeadKernels heads;
    private final ConvKernels convolutions;
    private final NormKernels norms;
    private final ActivationKernels activations;
    private final AttentionKernels attentions;
    private final ShapeKernels shapes;
    private final int threads;
    private final int device;
    private Thread user = Thread.currentThread();
    private boolean open = true;

    Nd4jEngine(DType compute, int threads, int device) {
        this.threads = threads;
        this.device = device;
        Nd4jBackend.configure(threads, device);
        memory = new Memory(compute);
        constants = new Constants(memory.type);
        matrices = new MatrixKernels(memory, constants);
        heads = new HeadKernels(memory, constants);
        convolutions = new ConvKernels(memory, constants);
        norms = new NormKernels(memory, constants);
        activations = new ActivationKernels(memory, constants);
        attentions = new AttentionKernels(memory, constants);
        shapes = new ShapeKernels(memory, constants);
    }

    @Override
    public String name() {
        return Nd4jProvider.NAME;
    }

    @Override
    public DType compute() {
        return memory.dtype;
    }

    @Override
    public Scope scope() {
        if (Thread.currentThread() != user) {
            user = Thread.currentThread();
            Nd4jBackend.adopt(threads, device);
        }
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
        tensor.array().assign(0);
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
        try (INDArray host = Nd4j.createFromArray(values)) {
            Kernels.nd(tensor).as(values.length).assign(host);
        }
    }

    @Override
    public float[] read(Tensor tensor) {
        NdTensor x = Kernels.nd(tensor);
        try (INDArray exact = Nd4j.createUninitialized(DataType.FLOAT, x.size())) {
            exact.assign(x.as(x.size()));
            return exact.data().asFloat();
        }
    }

    @Override
    public void fill(Tensor tensor, double value) {
        Kernels.nd(tensor).array().assign(value);
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        Kernels.require(from.size() == to.size(), "copy", from, to);
        Kernels.nd(to).as(to.size()).assign(Kernels.nd(from).as(from.size()));
    }

    @Override
    public Tensor cloneOf(Tensor x) {
        Tensor y = memory.empty(x.shape());
        copy(x, y);
        return y;
    }

    @Override
    public long nativeBytes() {
        return memory.bytes() + constants.bytes();
    }

    @Override
    public Tensor freeze(HostTensor values) {
        return new NdTensor(new Block(upload(values)), 0, memory.dtype, values.shape());
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
        try (INDArray flat = upload(weight)) {
            Block block = Block.allocate(memory.type, shape[0] * shape[1]);
            NdTensor packed = new NdTensor(block, 0, memory.dtype, shape[1], shape[0]);
            packed.array().assign(flat.reshape(shape).transpose());
            return new NdLinearWeight(packed, bias == null ? null : upload(bias));
        }
    }

    @Override
    public HeadWeight headWeight(HostTensor weight, int heads) {
        KernelChecks.requireHeads(weight, heads);
        NdTensor values = (NdTensor) freeze(weight);
        return new NdHeadWeight(values.reshape(heads, weight.shape()[0] / heads, weight.shape()[1]));
    }

    @Override
    public ConvWeight convWeight(HostTensor weight, HostTensor bias, ConvShape shape) {
        long[] file = weight.shape();
        if (file.length != 4 || file[2] != file[3] || bias != null && bias.size() != file[0]) {
            throw new IllegalArgumentException("convWeight: expected [out,in,kernel,kernel] and a bias [out], got "
                    + Shapes.toString(file) + (bias == null ? "" : " and " + Shapes.toString(bias.shape())));
        }
        try (INDArray flat = upload(weight)) {
            INDArray packed = Nd4j.createUninitialized(memory.type, file[2], file[3], file[1], file[0]);
            packed.assign(flat.reshape(file).permute(2, 3, 1, 0));
            return new NdConvWeight(packed, bias == null ? null : upload(bias), shape);
        }
    }

    @Override
    public void gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor c, double alpha, double beta) {
        matrices.gemm(Kernels.nd(a), transposeA, Kernels.nd(b), transposeB, Kernels.nd(c), alpha, beta);
    }

    @Override
    public Tensor linear(Tensor x, LinearWeight w) {
        return matrices.linear(Kernels.nd(x), w);
    }

    @Override
    public Tensor headLinear(Tensor x, HeadWeight w) {
        return heads.linear(Kernels.nd(x), w);
    }

    @Override
    public Tensor headLinearTransposed(Tensor x, HeadWeight w, double alpha) {
        return heads.transposed(Kernels.nd(x), w, alpha);
    }

    @Override
    public void linearBackward(Tensor dy, LinearWeight w, Tensor dx, double beta) {
        matrices.linearBackward(Kernels.nd(dy), w, Kernels.nd(dx), beta);
    }

    @Override
    public Tensor conv2d(Tensor x, ConvWeight w) {
        return convolutions.forward(Kernels.nd(x), w);
    }

    @Override
    public void conv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        convolutions.backward(Kernels.nd(dy), w, Kernels.nd(dx), beta);
    }

    @Override
    public NormResult groupNorm(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        return norms.group(Kernels.nd(x), groups, Kernels.nd(gamma), Kernels.nd(beta), eps);
    }

    @Override
    public void groupNormBackward(Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor dx, double beta) {
        norms.groupBackward(
                Kernels.nd(dy), Kernels.nd(x), Kernels.nd(stats), groups, Kernels.nd(gamma), Kernels.nd(dx), beta);
    }

    @Override
    public NormResult layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps) {
        return norms.layer(Kernels.nd(x), Kernels.nd(gamma), Kernels.nd(beta), eps);
    }

    @Override
    public void layerNormBackward(Tensor dy, Tensor x, Tensor stats, Tensor gamma, Tensor dx, double beta) {
        norms.layerBackward(Kernels.nd(dy), Kernels.nd(x), Kernels.nd(stats), Kernels.nd(gamma), Kernels.nd(dx), beta);
    }

    @Override
    public Tensor silu(Tensor x) {
        return activations.silu(Kernels.nd(x));
    }

    @Override
    public void siluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.siluBackward(Kernels.nd(dy), Kernels.nd(x), Kernels.nd(dx), beta);
    }

    @Override
    public Tensor gelu(Tensor x) {
        return activations.gelu(Kernels.nd(x));
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.geluBackward(Kernels.nd(dy), Kernels.nd(x), Kernels.nd(dx), beta);
    }

    @Override
    public Tensor quickGelu(Tensor x) {
        return activations.quickGelu(Kernels.nd(x));
    }

    @Override
    public void quickGeluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.quickGeluBackward(Kernels.nd(dy), Kernels.nd(x), Kernels.nd(dx), beta);
    }

    @Override
    public Tensor geglu(Tensor x) {
        return activations.geglu(Kernels.nd(x));
    }

    @Override
    public void gegluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        activations.gegluBackward(Kernels.nd(dy), Kernels.nd(x), Kernels.nd(dx), beta);
    }

    @Override
    public AttentionResult attention(Tensor q, Tensor k, Tensor v, int heads, boolean causal) {
        return attentions.forward(Kernels.nd(q), Kernels.nd(k), Kernels.nd(v), heads, causal);
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
        attentions.backward(
                Kernels.nd(dy),
                Kernels.nd(q),
                Kernels.nd(k),
                Kernels.nd(v),
                heads,
                causal,
                Kernels.nd(dq),
                Kernels.nd(dk),
                Kernels.nd(dv));
    }

    @Override
    public Tensor upsample(Tensor x, long height, long width) {
        return shapes.upsample(Kernels.nd(x), height, width);
    }

    @Override
    public void upsampleBackward(Tensor dy, Tensor dx, double beta) {
        shapes.upsampleBackward(Kernels.nd(dy), Kernels.nd(dx), beta);
    }

    @Override
    public Tensor concat(Tensor a, Tensor b) {
        return shapes.concat(Kernels.nd(a), Kernels.nd(b));
    }

    @Override
    public void columns(Tensor x, long offset, Tensor dx, double beta) {
        shapes.columns(Kernels.nd(x), offset, Kernels.nd(dx), beta);
    }

    @Override
    public Tensor embedding(int[] ids, Tensor table) {
        return shapes.embedding(ids, Kernels.nd(table));
    }

    @Override
    public Tensor add(Tensor a, Tensor b) {
        NdTensor x = Kernels.nd(a);
        NdTensor y = memory.empty(a.shape());
        if (Arrays.equals(a.shape(), b.shape())) {
            Ops.add(x.array(), Kernels.nd(b).array(), y.array());
        } else {
            Kernels.require(b.size() == x.last(), "add", a, b);
            Ops.broadcast("add", x.matrix(), Kernels.nd(b).as(b.size()), y.matrix());
        }
        return y;
    }

    @Override
    public void axpy(double alpha, Tensor x, Tensor y) {
        Kernels.requireSame("axpy", x, y);
        Ops.axpy(alpha, Kernels.nd(x).array(), Kernels.nd(y).array());
    }

    @Override
    public Tensor scale(Tensor x, double alpha) {
        NdTensor y = memory.empty(x.shape());
        Kernels.nd(x).array().mul(alpha, y.array());
        return y;
    }

    @Override
    public Tensor multiply(Tensor a, Tensor b) {
        Kernels.requireSame("multiply", a, b);
        NdTensor y = memory.empty(a.shape());
        Ops.multiply(Kernels.nd(a).array(), Kernels.nd(b).array(), y.array());
        return y;
    }

    @Override
    public Tensor addPerSample(Tensor x, Tensor rows) {
        return shapes.addPerSample(Kernels.nd(x), Kernels.nd(rows));
    }

    @Override
    public void addPerSampleBackward(Tensor dy, Tensor drows, double beta) {
        shapes.addPerSampleBackward(Kernels.nd(dy), Kernels.nd(drows), beta);
    }

    @Override
    public boolean isFinite(Tensor x) {
        return shapes.isFinite(Kernels.nd(x), this::read);
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            memory.close();
            constants.close();
        }
    }

    /** One-dimensional, of the compute type. */
    private INDArray upload(HostTensor values) {
        INDArray flat = Nd4j.createUninitialized(memory.type, Math.max(1, values.size()));
        INDArray host;
        if (values.dtype() == DType.F64) {
            double[] doubles = new double[values.size()];
            values.data()
                    .duplicate()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asDoubleBuffer()
                    .get(doubles);
            host = Nd4j.createFromArray(doubles);
        } else {
            host = Nd4j.createFromArray(values.toFloats());
        }
        try (host) {
            flat.assign(host);
        }
        pages.finished(values);
        return flat;
    }
}
