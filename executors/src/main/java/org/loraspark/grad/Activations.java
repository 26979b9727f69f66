package org.loraspark.grad;

import org.loraspark.tensor.Engine;

/** Activation functions; each keeps its input for the way back. */
public final class Activations {
    private Activations() {}

    /** x * sigmoid(x). */
    public static Var silu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                engine.silu(x.value()),
                dy -> tape.into(x, (dx, beta) -> engine.siluBackward(dy, x.value(), dx, beta)),
                x);
    }

    /** x * Phi(x), with the error function. */
    public static Var gelu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                engine.gelu(x.value()),
                dy -> tape.into(x, (dx, beta) -> engine.geluBackward(dy, x.value(), dx, beta)),
                x);
    }

    /** x * sigmoid(1.702 x). */
    public static Var quickGelu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                engine.quickGelu(x.value()),
                dy -> tape.into(x, (dx, beta) -> engine.quickGeluBackward(dy, x.value(), dx, beta)),
                x);
    }

    /** {@code [..., 2 d] -> [..., d]}: the first half times gelu of the second. */
    public static Var geglu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                engine.geglu(x.value()),
                dy -> tape.into(x, (dx, beta) -> engine.gegluBackward(dy, x.value(), dx, beta)),
                x);
    }
}
