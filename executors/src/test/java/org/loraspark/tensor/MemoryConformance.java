package org.loraspark.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who owns a tensor's memory, and that a training run's memory stands still. */
public abstract class MemoryConformance {
    private Engine engine;

    protected abstract Engine open(EngineOptions options);

    @BeforeEach
    void open() {
        engine = open(EngineOptions.of(DType.F32, 1));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void fiveHundredStepsOfChangingResolutionsKeepNativeMemoryFlat() {
        int[][] resolutions = {{8, 12}, {10, 6}, {6, 6}, {12, 8}, {4, 16}, {9, 7}};
        ConvWeight conv =
                engine.convWeight(EngineValues.host(1, 32, 32, 3, 3), EngineValues.host(2, 32), ConvShape.same(3));
        LinearWeight linear = engine.linearWeight(EngineValues.host(3, 32, 32), EngineValues.host(4, 32));
        Tensor gamma = engine.freeze(EngineValues.host(5, 32));
        for (int step = 0; step < 60; step++) {
            int[] size = resolutions[step % resolutions.length];
            step(size[0], size[1], conv, linear, gamma);
        }
        long owned = engine.nativeBytes();
        long resident = Pointer.physicalBytes();
        for (int step = 0; step < 500; step++) {
            // In an order of its own, so that each resolution follows each.
            int[] size = resolutions[step * step % 13 % resolutions.length];
            step(size[0], size[1], conv, linear, gamma);
        }
        assertThat(engine.nativeBytes()).isEqualTo(owned);
        // A step makes about two megabytes of tensors; the margin is for the Java heap.
        assertThat(Pointer.physicalBytes() - resident).isLessThan(150L << 20);
    }

    @Test
    void freshMemoryIsOnlyResidentWhereItWasWritten() {
        try (Scope scope = engine.scope()) {
            long resident = Pointer.physicalBytes();
            Tensor fresh = engine.empty(512L << 18);
            assertThat(Pointer.physicalBytes() - resident).isLessThan(128L << 20);
            engine.fill(fresh, 1);
            assertThat(Pointer.physicalBytes() - resident).isGreaterThan(384L << 20);
        }
    }

    @Test
    void closingAScopeReturnsItsMemoryForReuse() {
        try (Scope scope = engine.scope()) {
            engine.empty(1000, 1000);
        }
        long owned = engine.nativeBytes();
        assertThat(owned).isGreaterThanOrEqualTo(4_000_000);
        for (int i = 0; i < 10; i++) {
            try (Scope scope = engine.scope()) {
                engine.empty(1000, 1000);
            }
        }
        assertThat(engine.nativeBytes()).isEqualTo(owned);
    }

    @Test
    void releaseReturnsOneTensorEarly() {
        try (Scope scope = engine.scope()) {
            scope.release(engine.empty(500, 500).reshape(250_000));
            long owned = engine.nativeBytes();
            scope.release(engine.empty(250, 1000));
            assertThat(engine.nativeBytes()).isEqualTo(owned);
        }
    }

    @Test
    void aKeptTensorOutlivesItsScopeAndNoLonger() {
        try (Scope outer = engine.scope()) {
            Tensor kept;
            Tensor lost;
            try (Scope inner = engine.scope()) {
                lost = engine.upload(new float[] {1, 2}, 2);
                kept = inner.keep(engine.upload(new float[] {3, 4, 5, 6}, 4).reshape(2, 2));
            }
            engine.upload(new float[] {7, 8}, 2);
            assertThat(engine.read(kept)).containsExactly(3, 4, 5, 6);
            assertThatThrownBy(() -> engine.read(lost)).isInstanceOf(IllegalStateException.class);
            long owned = engine.nativeBytes();
            outer.release(kept);
            engine.empty(4);
            assertThat(engine.nativeBytes()).isEqualTo(owned);
        }
    }

    @Test
    void scopesCloseInReverseOrder() {
        Scope outer = engine.scope();
        Scope inner = engine.scope();
        assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class);
        inner.close();
        outer.close();
    }

    @Test
    void recycledMemoryIsNeverRead() {
        float[] clean = engine.read(values());
        try (Scope scope = engine.scope()) {
            for (int i = 0; i < 40; i++) {
                engine.fill(engine.empty(64L << i % 10), Double.NaN);
            }
        }
        assertThat(engine.read(values())).containsExactly(clean);
    }

    private Tensor values() {
        Tensor x = engine.upload(EngineValues.floats(EngineValues.normal(1, 2, 6, 5, 4)), 2, 6, 5, 4);
        Tensor gamma = engine.freeze(EngineValues.host(2, 4));
        NormResult norm = engine.groupNorm(x, 2, gamma, gamma, 1e-5);
        Tensor dx = engine.empty(x.shape());
        engine.groupNormBackward(x, x, norm.stats(), 2, gamma, dx, 0);
        ConvWeight w = engine.convWeight(
                EngineValues.host(3, 4, 4, 3, 3), EngineValues.host(4, 4), new ConvShape(2, 0, 1, 0, 1));
        Tensor dx2 = engine.empty(x.shape());
        engine.conv2dBackward(engine.conv2d(dx, w), w, dx2, 0);
        Tensor tokens = engine.gelu(dx2).reshape(2, 30, 4);
        AttentionResult attention = engine.attention(tokens, tokens, tokens, 2, true);
        Tensor dq = engine.empty(2, 30, 4);
        engine.attentionBackward(
                tokens, tokens, tokens, tokens, attention, 2, true, dq, engine.empty(2, 30, 4), engine.empty(2, 30, 4));
        return dq;
    }

    private void step(int height, int width, ConvWeight conv, LinearWeight linear, Tensor gamma) {
        try (Scope scope = engine.scope()) {
            Tensor x = engine.upload(
                    EngineValues.floats(EngineValues.normal(1, 2, height, width, 32)), 2, height, width, 32);
            NormResult norm = engine.groupNorm(x, 8, gamma, gamma, 1e-5);
            Tensor y = engine.silu(engine.conv2d(norm.output(), conv));
            Tensor tokens = y.reshape(2, (long) height * width, 32);
            Tensor q = engine.linear(tokens, linear);
            AttentionResult attention = engine.attention(q, tokens, tokens, 2, false);
            Tensor joined = engine.concat(attention.output(), q);
            Tensor gated = engine.geglu(joined);
            Tensor dx = engine.empty(joined.shape());
            engine.gegluBackward(gated, joined, dx, 0);
            Tensor dy = engine.empty(q.shape());
            engine.columns(dx, 0, dy, 0);
            Tensor dq = engine.empty(q.shape());
            Tensor dk = engine.empty(q.shape());
            Tensor dv = engine.empty(q.shape());
            engine.attentionBackward(dy, q, tokens, tokens, attention, 2, false, dq, dk, dv);
            engine.linearBackward(dq, linear, dk, 1);
            Tensor dNorm = engine.empty(x.shape());
            engine.conv2dBackward(dk.reshape(x.shape()), conv, dNorm, 0);
            Tensor dInput = engine.empty(x.shape());
            engine.groupNormBackward(dNorm, x, norm.stats(), 8, gamma, dInput, 0);
            assertThat(engine.isFinite(dInput)).isTrue();
        }
    }
}
