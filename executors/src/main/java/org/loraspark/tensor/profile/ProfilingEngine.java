package org.loraspark.tensor.profile;

import java.util.EnumMap;
import java.util.Map;
import org.loraspark.tensor.AttentionResult;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Flops;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.KeyValues;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.NormResult;
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
        long started = System.nanoTime();
        Tensor result = engine.empty(shape);
        count(KernelKind.OTHER, started, 0);
        return result;
    }

    @Override
    public Tensor empty(DType type, long... shape) {
        long started = System.nanoTime();
        Tensor result = engine.empty(type, shape);
        count(KernelKind.OTHER, started, 0);
        return result;
    }

    @Override
    public Tensor zeros(long... shape) {
        long started = System.nanoTime();
        Tensor result = engine.zeros(shape);
        count(KernelKind.OTHER, started, 0);
        return result;
    }

    @Override
    public Tensor upload(float[] values, long... shape) {
        long started = System.nanoTime();
        Tensor result = engine.upload(values, shape);
        count(KernelKind.OTHER, started, 0);
        return result;
    }

    @Override
    public void write(Tensor tensor, float[] values) {
        long started = System.nanoTime();
        engine.write(tensor, values);
        count(KernelKind.OTHER, started, 0);
    }

    @Override
    public float[] read(Tensor tensor) {
        long started = System.nanoTime();
        float[] result = engine.read(tensor);
        count(KernelKind.OTHER, started, 0);
        return result;
    }

    @Override
    public void fill(Tensor tensor, double value) {
        long started = System.nanoTime();
        engine.fill(tensor, value);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        long started = System.nanoTime();
        engine.copy(from, to);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public Tensor cloneOf(Tensor x) {
        long started = System.nanoTime();
        Tensor result = engine.cloneOf(x);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
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
    public ConvWeight convWeight(HostTensor weight, HostTensor bias, ConvShape shape) {
        return engine.convWeight(weight, bias, shape);
    }

    @Override
    public ConvWeight upsampleConvWeight(HostTensor weight, HostTensor bias) {
        return engine.upsampleConvWeight(weight, bias);
    }

    @Override
    public void gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor c, double alpha, double beta) {
        long started = System.nanoTime();
        engine.gemm(a, transposeA, b, transposeB, c, alpha, beta);
        count(KernelKind.LORA, started, Flops.gemm(a, transposeA, c));
    }

    @Override
    public Tensor linear(Tensor x, LinearWeight w) {
        long started = System.nanoTime();
        Tensor result = engine.linear(x, w);
        count(KernelKind.LINEAR, started, Flops.linear(x, w));
        return result;
    }

    @Override
    public Tensor linearAdd(Tensor x, LinearWeight w, Tensor residual) {
        long started = System.nanoTime();
        Tensor result = engine.linearAdd(x, w, residual);
        count(KernelKind.LINEAR, started, Flops.linear(x, w));
        return result;
    }

    @Override
    public Tensor linearGelu(Tensor x, LinearWeight w) {
        long started = System.nanoTime();
        Tensor result = engine.linearGelu(x, w);
        count(KernelKind.LINEAR, started, Flops.linear(x, w));
        return result;
    }

    @Override
    public void linearBackward(Tensor dy, LinearWeight w, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.linearBackward(dy, w, dx, beta);
        count(KernelKind.LINEAR, started, Flops.linear(dx, w));
    }

    @Override
    public Tensor conv2d(Tensor x, ConvWeight w) {
        long started = System.nanoTime();
        Tensor y = engine.conv2d(x, w);
        count(KernelKind.CONV, started, Flops.conv(y, w));
        return y;
    }

    @Override
    public Tensor conv2dAdd(Tensor x, ConvWeight w, Tensor residual) {
        long started = System.nanoTime();
        Tensor y = engine.conv2dAdd(x, w, residual);
        count(KernelKind.CONV, started, Flops.conv(y, w));
        return y;
    }

    @Override
    public void conv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.conv2dBackward(dy, w, dx, beta);
        count(KernelKind.CONV, started, Flops.conv(dy, w));
    }

    @Override
    public Tensor upsampleConv2d(Tensor x, long height, long width, ConvWeight w) {
        long started = System.nanoTime();
        Tensor y = engine.upsampleConv2d(x, height, width, w);
        count(KernelKind.CONV, started, Flops.conv(y, w));
        return y;
    }

    @Override
    public void upsampleConv2dBackward(Tensor dy, ConvWeight w, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.upsampleConv2dBackward(dy, w, dx, beta);
        count(KernelKind.CONV, started, Flops.conv(dy, w));
    }

    @Override
    public NormResult groupNorm(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        long started = System.nanoTime();
        NormResult result = engine.groupNorm(x, groups, gamma, beta, eps);
        count(KernelKind.NORM, started, 0);
        return result;
    }

    @Override
    public void groupNormBackward(Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.groupNormBackward(dy, x, stats, groups, gamma, dx, beta);
        count(KernelKind.NORM, started, 0);
    }

    @Override
    public NormResult groupNormSilu(Tensor x, int groups, Tensor gamma, Tensor beta, double eps) {
        long started = System.nanoTime();
        NormResult result = engine.groupNormSilu(x, groups, gamma, beta, eps);
        count(KernelKind.NORM, started, 0);
        return result;
    }

    @Override
    public void groupNormSiluBackward(
            Tensor dy, Tensor x, Tensor stats, int groups, Tensor gamma, Tensor beta, double eps, Tensor dx, double b) {
        long started = System.nanoTime();
        engine.groupNormSiluBackward(dy, x, stats, groups, gamma, beta, eps, dx, b);
        count(KernelKind.NORM, started, 0);
    }

    @Override
    public NormResult layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps) {
        long started = System.nanoTime();
        NormResult result = engine.layerNorm(x, gamma, beta, eps);
        count(KernelKind.NORM, started, 0);
        return result;
    }

    @Override
    public void layerNormBackward(Tensor dy, Tensor x, Tensor stats, Tensor gamma, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.layerNormBackward(dy, x, stats, gamma, dx, beta);
        count(KernelKind.NORM, started, 0);
    }

    @Override
    public Tensor silu(Tensor x) {
        long started = System.nanoTime();
        Tensor result = engine.silu(x);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void siluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.siluBackward(dy, x, dx, beta);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public Tensor gelu(Tensor x) {
        long started = System.nanoTime();
        Tensor result = engine.gelu(x);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.geluBackward(dy, x, dx, beta);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public Tensor quickGelu(Tensor x) {
        long started = System.nanoTime();
        Tensor result = engine.quickGelu(x);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void quickGeluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.quickGeluBackward(dy, x, dx, beta);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public Tensor geglu(Tensor x) {
        long started = System.nanoTime();
        Tensor result = engine.geglu(x);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void gegluBackward(Tensor dy, Tensor x, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.gegluBackward(dy, x, dx, beta);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public AttentionResult attention(Tensor q, Tensor k, Tensor v, int heads, boolean causal) {
        long started = System.nanoTime();
        AttentionResult result = engine.attention(q, k, v, heads, causal);
        count(KernelKind.ATTENTION, started, Flops.attention(q, k.dim(1)));
        return result;
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
        long started = System.nanoTime();
        engine.attentionBackward(dy, q, k, v, forward, heads, causal, dq, dk, dv);
        count(KernelKind.ATTENTION, started, Flops.attentionBackward(q, k.dim(1)));
    }

    @Override
    public Tensor rowAttention(Tensor q, Tensor keys, Tensor values, int[] rows, int heads) {
        long started = System.nanoTime();
        Tensor result = engine.rowAttention(q, keys, values, rows, heads);
        count(KernelKind.ATTENTION, started, Flops.attention(q, rows.length / q.dim(0)));
        return result;
    }

    @Override
    public Tensor packKeys(Tensor k, int heads) {
        long started = System.nanoTime();
        Tensor result = engine.packKeys(k, heads);
        count(KernelKind.ATTENTION, started, 0);
        return result;
    }

    @Override
    public Tensor packValues(Tensor v, int heads) {
        long started = System.nanoTime();
        Tensor result = engine.packValues(v, heads);
        count(KernelKind.ATTENTION, started, 0);
        return result;
    }

    @Override
    public Tensor attend(Tensor q, KeyValues to) {
        long started = System.nanoTime();
        Tensor result = engine.attend(q, to);
        count(KernelKind.ATTENTION, started, Flops.attention(q, to.tokens()));
        return result;
    }

    @Override
    public Tensor upsample(Tensor x, long height, long width) {
        long started = System.nanoTime();
        Tensor result = engine.upsample(x, height, width);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void upsampleBackward(Tensor dy, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.upsampleBackward(dy, dx, beta);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public Tensor concat(Tensor a, Tensor b) {
        long started = System.nanoTime();
        Tensor result = engine.concat(a, b);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void columns(Tensor x, long offset, Tensor dx, double beta) {
        long started = System.nanoTime();
        engine.columns(x, offset, dx, beta);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public Tensor embedding(int[] ids, Tensor table) {
        long started = System.nanoTime();
        Tensor result = engine.embedding(ids, table);
        count(KernelKind.OTHER, started, 0);
        return result;
    }

    @Override
    public Tensor add(Tensor a, Tensor b) {
        long started = System.nanoTime();
        Tensor result = engine.add(a, b);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void axpy(double alpha, Tensor x, Tensor y) {
        long started = System.nanoTime();
        engine.axpy(alpha, x, y);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public Tensor scale(Tensor x, double alpha) {
        long started = System.nanoTime();
        Tensor result = engine.scale(x, alpha);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public Tensor multiply(Tensor a, Tensor b) {
        long started = System.nanoTime();
        Tensor result = engine.multiply(a, b);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public Tensor addPerSample(Tensor x, Tensor rows) {
        long started = System.nanoTime();
        Tensor result = engine.addPerSample(x, rows);
        count(KernelKind.ELEMENT_WISE, started, 0);
        return result;
    }

    @Override
    public void addPerSampleBackward(Tensor dy, Tensor drows, double beta) {
        long started = System.nanoTime();
        engine.addPerSampleBackward(dy, drows, beta);
        count(KernelKind.ELEMENT_WISE, started, 0);
    }

    @Override
    public boolean isFinite(Tensor x) {
        long started = System.nanoTime();
        boolean result = engine.isFinite(x);
        count(KernelKind.OTHER, started, 0);
        return result;
    }

    @Override
    public void close() {
        engine.close();
    }
}
