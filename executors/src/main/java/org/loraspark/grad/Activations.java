package org.loraspark.grad;

import org.loraspark.tensor.Engine;

/** Activation functions; each reads its input on the way back. */
public final class Activations {
    private Activations() {}

    /** x * sigmoid(x). */
    public static Var silu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        Var y = tape.output(engine.silu(x.value()), x);
        return tape.record(y, dy -> tape.into(x, (dx, beta) -> engine.siluBackward(dy, x.value(), dx, beta)), x);
    }

    /** x * Phi(x), with the error function. */
    public static Var gelu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        Var y = tape.output(engine.gelu(x.value()), x);
        return tape.record(y, dy -> tape.into(x, (dx, beta) -> engine.geluBackward(dy, x.value(), dx, beta)), x);
    }

    /** x * sigmoid(1.702 x). */
    public static Var quickGelu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        Var y = tape.output(engine.quickGelu(x.value()), x);
        return tape.record(y, dy -> tape.into(x, (dx, beta) -> engine.quickGeluBackward(dy, x.value(), dx, beta)), x);
    }

    /** {@code [..., 2 d] -> [..., d]}: the first half times gelu of the second. */
    public static Var geglu(Var x) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        Var y = tape.output(engine.geglu(x.value()), x);
        return tape.record(y, dy -> tape.into(x, (dx, beta) -> engine.gegluBackward(dy, x.value(), dx, beta)), x);
    }
}
