package org.loraspark.grad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.loraspark.golden.Golden;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.meta.MetaEngine;

/** Who owns a value, and that a segment's second run gives the first one's gradients. Values are {@code [4, 8]}. */
class TapeTest {
    private static final long VALUE = 4 * 8 * 4;
    private static final long STATS = 2 * 4 * 4;

    private final MetaEngine meta = new MetaEngine(DType.F32);
    private final LinearWeight weight = meta.linearWeight(MetaEngine.placeholder(8, 8));
    private final Tensor gamma = meta.freeze(MetaEngine.placeholder(8));
    private final Scope scope = meta.scope();
    private final Tensor input = meta.empty(4, 8);
    private final Tensor gradient = meta.empty(4, 8);

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void blockKeepsItsResultAndWhatItsOperationsRead() {
        try (Tape tape = Tape.recording(meta)) {
            Var x = tape.parameter(input, gradient);
            long before = meta.nativeBytes();
            tape.block(() -> {
                Var inner = tape.block(() -> Activations.silu(Matrices.linear(x, weight)));
                return Matrices.linear(Arithmetic.add(inner, x), weight);
            });
            // SiLU's input, read on the way back, and the result; neither SiLU's output nor the sum.
            assertThat(meta.nativeBytes() - before).isEqualTo(2 * VALUE);
        }
    }

    @Test
    void blockWithoutGradientKeepsItsResultAlone() {
        try (Tape tape = Tape.recording(meta)) {
            Var x = tape.constant(input);
            long before = meta.nativeBytes();
            tape.block(() -> Activations.silu(Matrices.linear(x, weight)));
            assertThat(meta.nativeBytes() - before).isEqualTo(VALUE);
        }
    }

    @Test
    void normalisedValuesAreMadeAgainInPlaceOfBeingKept() {
        try (Tape tape = Tape.recording(meta)) {
            Var x = tape.parameter(input, gradient);
            long before = meta.nativeBytes();
            Var y = tape.block(() -> Activations.silu(Norms.layerNorm(x, gamma, gamma, 1e-5)));
            assertThat(meta.nativeBytes() - before).isEqualTo(VALUE + STATS);
            tape.backward(y, meta.empty(4, 8));
        }
    }

    @Test
    void valuesGoBackWithTheLastOperationThatReadsThem() {
        try (Tape tape = Tape.recording(meta)) {
            Var x = tape.parameter(input, gradient);
            Tensor dy = meta.empty(4, 8);
            long before = meta.nativeBytes();
            Var y = tape.block(() -> {
                Var h = Norms.layerNorm(Activations.gelu(Matrices.linear(x, weight)), gamma, gamma, 1e-5);
                return Matrices.linear(Arithmetic.add(Activations.silu(h), Activations.gelu(h)), weight);
            });
            tape.backward(y, dy);
            assertThat(meta.nativeBytes() - before).isEqualTo(VALUE);
        }
    }

    @Test
    void segmentKeepsItsResultAlone() {
        try (Tape tape = Tape.checkpointing(meta)) {
            Var x = tape.parameter(input, gradient);
            Tensor dy = meta.empty(4, 8);
            long before = meta.nativeBytes();
            Var y = tape.segment(() -> Activations.silu(Activations.silu(Matrices.linear(x, weight))), x);
            assertThat(meta.nativeBytes() - before).isEqualTo(VALUE);
            tape.backward(y, dy);
            assertThat(meta.nativeBytes() - before).isEqualTo(VALUE);
        }
    }

    @Test
    void segmentGivesTheSameGradientsAsABlock() {
        try (Engine engine = Golden.engine();
                Scope outer = engine.scope()) {
            Tensor value = engine.upload(new float[] {1, -2, 0.5f, 3}, 2, 2);
            Tensor kept = engine.zeros(2, 2);
            Tensor again = engine.zeros(2, 2);
            run(Tape.recording(engine), value, kept);
            run(Tape.checkpointing(engine), value, again);
            assertThat(engine.read(again)).containsExactly(engine.read(kept)).doesNotContain(0);
            assertThat(outer).isNotNull();
        }
    }

    /** Segments in a segment, with a value from outside that two of them read. */
    private static void run(Tape made, Tensor value, Tensor grad) {
        try (Tape tape = made) {
            Engine engine = tape.engine();
            Var x = tape.parameter(value, grad);
            Var twice = tape.block(() -> Arithmetic.add(x, x));
            Var y = tape.segment(
                    () -> {
                        Var a = tape.segment(() -> Activations.silu(twice), twice);
                        Var b = tape.segment(() -> Activations.gelu(Arithmetic.add(a, twice)), a, twice);
                        return Arithmetic.add(Activations.quickGelu(b), x);
                    },
                    twice,
                    x);
            tape.backward(y, engine.upload(new float[] {1, 2, 3, 4}, 2, 2));
        }
    }

    @Test
    void valueThatWasNotDeclaredAsReadIsMissed() {
        try (Tape tape = Tape.recording(meta)) {
            Var x = tape.parameter(input, gradient);
            Var y = tape.block(() -> {
                Var h = Matrices.linear(x, weight);
                return tape.record(tape.output(meta.silu(h.value()), h), dy -> h.value());
            });
            Tensor dy = meta.empty(4, 8);
            assertThatThrownBy(() -> tape.backward(y, dy)).isInstanceOf(IllegalStateException.class);
        }
    }
}
