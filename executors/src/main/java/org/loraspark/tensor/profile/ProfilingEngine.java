package org.loraspark.tensor.profile;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Flops;
import org.loraspark.tensor.HeadWeight;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.PackedStates;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/**
 * Another engine with a clock: every kernel goes through unchanged, its time and its operations are added to its kind.
 * A fused kernel counts as what it is named for. Two reads of the clock cost less than a microsecond; on a device that
 * works while the program goes on, the times are those of the calls.
 */
public final class ProfilingEngine implements Engine {
    private final Engine engine;
    private final long[] calls = new long[KernelKind.values().length];
    private final long[] nanos = new long[KernelKind.values().length];
    private final long[] flops = new long[KernelKind.values().length];
    private long start = System.nanoTime();
    private long lastEnd = start;

    /** @param engine is closed with this one */
    public ProfilingEngine(Engine engine) {
        this.engine = engine;
    }

    /** Forgets what was counted. */
    public void restart() {
        for (KernelKind kind : KernelKind.values()) {
            calls[kind.ordinal()] = 0;
            nanos[kind.ordinal()] = 0;
            flops[kind.ordinal()] = 0;
        }
        start = System.nanoTime();
        lastEnd = start;
    }

    /** Counts the time since the last kernel's end, in which the program worked on its own. */
    public void sinceLastKernel(KernelKind kind) {
        count(kind, lastEnd, 0);
    }

    /** Since the last restart. */
    public Profile profile() {
        Map<KernelKind, Profile.Cost> kinds = new EnumMap<>(KernelKind.class);
        for (KernelKind kind : KernelKind.values()) {
            int i = kind.ordinal();
            kinds.put(kind, new Profile.Cost(calls[i], nanos[i] / 1e9, flops[i]));
        }
        return Profile.of((System.nanoTime() - start) / 1e9, kinds);
    }

    private void count(KernelKind kind, long started, long operations) {
        lastEnd = System.nanoTime();
        calls[kind.ordinal()]++;
        nanos[kind.ordinal()] += lastEnd - started;
        flops[kind.ordinal()] += operations;
    }

    /** @param operations of a kernel that gives a result, seen from the result */
    private <T> T timed(KernelKind kind, ToLongFunction<T> operations, Supplier<T> kernel) {
        long started = System.nanoTime();
        T result = kernel.get();
        count(kind, started, operations.applyAsLong(result));
        return result;
    }

    private <T> T timed(KernelKind kind, long operations, Supplier<T> kernel) {
        return timed(kind, result -> operations, kernel);
    }

    private void timed(KernelKind kind, long operations, Runnable kernel) {
        long started = System.nanoTime();
        kernel.run();
        count(kind, started, operations);
    }

    @Override
    public String name() {
        return engine.name();
    }

    @Override
    public DType compute() {
        return engine.compute();
    }

    @Override
    public DType master() {
        return engine.master();
    }

    @Override
    public Scope scope() {
        return engine.scope();
    }

    @Override
    public Tensor empty(long... shape) {
        return timed(KernelKind.OTHER, 0, () -> engine.empty(shape));
    }

    @Override
    public Tensor empty(DType type, long... shape) {
        return timed(KernelKind.OTHER, 0, () -> engine.empty(type, shape));
    }

    @Override
    public Tensor zeros(long... shape) {
        return timed(KernelKind.OTHER, 0, () -> engine.zeros(shape));
    }

    @Override
    public Tensor upload(float[] values, long... shape) {
        return timed(KernelKind.OTHER, 0, () -> engine.upload(values, shape));
    }

    @Override
    public void write(Tensor tensor, float[] values) {
        timed(KernelKind.OTHER, 0, () -> engine.write(tensor, values));
    }

    @Override
    public float[] read(Tensor tensor) {
        return timed(KernelKind.OTHER, 0, () -> engine.read(tensor));
    }

    @Override
    public void fill(Tensor tensor, double value) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.fill(tensor, value));
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.copy(from, to));
    }

    @Override
    public Tensor cloneOf(Tensor x) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.cloneOf(x));
    }

    @Override
    public long nativeBytes() {
        return engine.nativeBytes();
    }

    @Override
    public Tensor freeze(HostTensor values) {
        return engine.freeze(values);
    }

    @Override
    public Tensor freezeExact(HostTensor values) {
        return engine.freezeExact(values);
    }

    @Override
    public LinearWeight linearWeight(HostTensor weight) {
        return engine.linearWeight(weight);
    }

    @Override
    public LinearWeight linearWeight(HostTensor weight, HostTensor bias) {
        return engine.linearWeight(weight, bias);
    }

    @Override
    public HeadWeight headWeight(HostTensor weight, int heads) {
        return engine.headWeight(weight, heads);
    }

    @Override
    public ConvWeight convWeight(HostTensor weight, HostTensor bias, ConvShape shape) {
        return engine.convWeight(weight, bias, shape);
    }

    @Override
    public ConvWeight upsampleConvWeight(HostTensor weight, HostTensor bias) {
        return engine.upsampleConvWeight(weight, bias);
    }

    @Override
    public void gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor c, double alpha, double beta) {
        timed(
                KernelKind.LORA,
                Flops.gemm(a, transposeA, c),
                () -> engine.gemm(a, transposeA, b, transposeB, c, alpha, beta));
    }

    @Override
    public Tensor headLinear(Tensor x, HeadWeight w) {
        return timed(KernelKind.LINEAR, Flops.headLinear(x, w), () -> engine.headLinear(x, w));
    }

    @Override
    public Tensor headLinearTransposed(Tensor x, HeadWeight w, double alpha) {
        return timed(KernelKind.LINEAR, y -> Flops.headLinear(y, w), () -> engine.headLinearTransposed(x, w, alpha));
    }

    @Override
    public Tensor linear(Tensor x, LinearWeight w) {
        return timed(KernelKind.LINEAR, Flops.linear(x, w), () -> engine.linear(x, w));
    }

    @Override
    public Tensor linearAdd(Tensor x, LinearWeight w, Tensor residual) {
        return timed(KernelKind.LINEAR, Flops.linear(x, w), () -> engine.linearAdd(x, w, residual));
    }

    @Override
    public Tensor linearGelu(Tensor x, LinearWeight w) {
        return timed(KernelKind.LINEAR, Flops.linear(x, w), () -> engine.linearGelu(x, w));
    }

    @Override
    public void linearBackward(Tensor dy, LinearWeight w, Tensor dx, double beta) {
        timed(KernelKind.LINEAR, Flops.linear(dx, w), () -> engine.linearBackward(dy, w, dx, beta));
    }

    @Override
    public Tensor conv2d(Tensor x, ConvWeight w) {
        return timed(KernelKind.CONV, y -> Flops.conv(y, w), () -> engine.conv2d(x, w));
    }

    @Override
    public Tensor conv2dAdd(Tensor x, ConvWeight w, Tensor residual) {
        return timed(KernelKind.CONV, y -> Flops.conv(y, w), () -> engine.conv2dAdd(x, w, residual));
    }

    @Override
    public void conv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        timed(KernelKind.CONV, Flops.conv(dy, w), () -> engine.conv2dBackward(dy, w, dx, beta));
    }

    @Override
    public Tensor upsampleConv2d(Tensor x, long height, long width, ConvWeight w) {
        return timed(KernelKind.CONV, y -> Flops.conv(y, w), () -> engine.upsampleConv2d(x, height, width, w));
    }

    @Override
    public void upsampleConv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        timed(KernelKind.CONV, Flops.conv(dy, w), () -> engine.upsampleConv2dBackward(dy, w, dx, beta));
    }

    @Override
    public NormResult groupNorm(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        return timed(KernelKind.NORM, 0, () -> engine.groupNorm(x, groups, gamma, beta, eps));
    }

    @Override
    public void groupNormBackward(Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor dx, double beta) {
        timed(KernelKind.NORM, 0, () -> engine.groupNormBackward(dy, x, stats, groups, gamma, dx, beta));
    }

    @Override
    public NormResult groupNormSilu(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        return timed(KernelKind.NORM, 0, () -> engine.groupNormSilu(x, groups, gamma, beta, eps));
    }

    @Override
    public void groupNormSiluBackward(
            Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor beta, double eps, Tensor dx, double b) {
        timed(KernelKind.NORM, 0, () -> engine.groupNormSiluBackward(dy, x, stats, groups, gamma, beta, eps, dx, b));
    }

    @Override
    public NormResult layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps) {
        return timed(KernelKind.NORM, 0, () -> engine.layerNorm(x, gamma, beta, eps));
    }

    @Override
    public void layerNormBackward(Tensor dy, Tensor x, Tensor stats, Tensor gamma, Tensor dx, double beta) {
        timed(KernelKind.NORM, 0, () -> engine.layerNormBackward(dy, x, stats, gamma, dx, beta));
    }

    @Override
    public Tensor silu(Tensor x) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.silu(x));
    }

    @Override
    public void siluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.siluBackward(dy, x, dx, beta));
    }

    @Override
    public Tensor gelu(Tensor x) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.gelu(x));
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.geluBackward(dy, x, dx, beta));
    }

    @Override
    public Tensor quickGelu(Tensor x) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.quickGelu(x));
    }

    @Override
    public void quickGeluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.quickGeluBackward(dy, x, dx, beta));
    }

    @Override
    public Tensor geglu(Tensor x) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.geglu(x));
    }

    @Override
    public void gegluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.gegluBackward(dy, x, dx, beta));
    }

    @Override
    public AttentionResult attention(Tensor q, Tensor k, Tensor v, int heads, boolean causal) {
        return timed(
                KernelKind.ATTENTION, Flops.attention(q, k.dim(1)), () -> engine.attention(q, k, v, heads, causal));
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
        timed(
                KernelKind.ATTENTION,
                Flops.attentionBackward(q, k.dim(1)),
                () -> engine.attentionBackward(dy, q, k, v, forward, heads, causal, dq, dk, dv));
    }

    @Override
    public Tensor rowAttention(Tensor q, Tensor keys, Tensor values, int[] rows, int heads) {
        return timed(
                KernelKind.ATTENTION,
                Flops.attention(q, rows.length / q.dim(0)),
                () -> engine.rowAttention(q, keys, values, rows, heads));
    }

    @Override
    public PackedStates packStates(Tensor states) {
        return timed(KernelKind.ATTENTION, 0, () -> engine.packStates(states));
    }

    @Override
    public Tensor attend(Tensor q, PackedStates to) {
        return timed(KernelKind.ATTENTION, Flops.attention(q, to.tokens()), () -> engine.attend(q, to));
    }

    @Override
    public Tensor upsample(Tensor x, long height, long width) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.upsample(x, height, width));
    }

    @Override
    public void upsampleBackward(Tensor dy, Tensor dx, double beta) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.upsampleBackward(dy, dx, beta));
    }

    @Override
    public Tensor concat(Tensor a, Tensor b) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.concat(a, b));
    }

    @Override
    public void columns(Tensor x, long offset, Tensor dx, double beta) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.columns(x, offset, dx, beta));
    }

    @Override
    public Tensor embedding(int[] ids, Tensor table) {
        return timed(KernelKind.OTHER, 0, () -> engine.embedding(ids, table));
    }

    @Override
    public Tensor add(Tensor a, Tensor b) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.add(a, b));
    }

    @Override
    public void axpy(double alpha, Tensor x, Tensor y) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.axpy(alpha, x, y));
    }

    @Override
    public Tensor scale(Tensor x, double alpha) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.scale(x, alpha));
    }

    @Override
    public Tensor multiply(Tensor a, Tensor b) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.multiply(a, b));
    }

    @Override
    public Tensor addPerSample(Tensor x, Tensor rows) {
        return timed(KernelKind.ELEMENT_WISE, 0, () -> engine.addPerSample(x, rows));
    }

    @Override
    public void addPerSampleBackward(Tensor dy, Tensor drows, double beta) {
        timed(KernelKind.ELEMENT_WISE, 0, () -> engine.addPerSampleBackward(dy, drows, beta));
    }

    @Override
    public boolean isFinite(Tensor x) {
        return timed(KernelKind.OTHER, 0, () -> engine.isFinite(x));
    }

    @Override
    public void close() {
        engine.close();
    }
}
