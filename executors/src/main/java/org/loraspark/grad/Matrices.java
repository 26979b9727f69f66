package org.loraspark.grad;

import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.LinearWeight;

/** Products with frozen weights: their way back reaches the input and never the weight, and reads no value. */
public final class Matrices {
    private Matrices() {}

    /** y = x Wᵀ + b: {@code [..., in] -> [..., out]}; dx = dy W. */
    public static Var linear(Var x, LinearWeight w) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                tape.output(engine.linear(x.value(), w), x),
                dy -> tape.into(x, (dx, beta) -> engine.linearBackward(dy, w, dx, beta)));
    }

    /** y = x Wᵀ + b + residual; the residual's gradient is dy itself. */
    public static Var linearAdd(Var x, LinearWeight w, Var residual) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(tape.output(engine.linearAdd(x.value(), w, residual.value()), x, residual), dy -> {
            tape.into(x, (dx, beta) -> engine.linearBackward(dy, w, dx, beta));
            tape.move(residual, dy);
        });
    }

    /** gelu(x Wᵀ + b) of an x that needs no gradient. */
    public static Var linearGelu(Var x, LinearWeight w) {
        return x.tape().constant(x.tape().engine().linearGelu(x.value(), w));
    }

    /** {@code [batch, height, width, in] -> [batch, height', width', out]}; dx is the transposed convolution of dy. */
    public static Var conv2d(Var x, ConvWeight w) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                tape.output(engine.conv2d(x.value(), w), x),
                dy -> tape.into(x, (dx, beta) -> engine.conv2dBackward(dy, w, dx, beta)));
    }

    /** {@link #conv2d} of a picture about twice as large, in which each pixel of x stands four times. */
    public static Var upsampleConv2d(Var x, long height, long width, ConvWeight w) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                tape.output(engine.upsampleConv2d(x.value(), height, width, w), x),
                dy -> tape.into(x, (dx, beta) -> engine.upsampleConv2dBackward(dy, w, dx, beta)));
    }

    /** The convolution plus a residual; the residual's gradient is dy itself. */
    public static Var conv2dAdd(Var x, ConvWeight w, Var residual) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(tape.output(engine.conv2dAdd(x.value(), w, residual.value()), x, residual), dy -> {
            tape.into(x, (dx, beta) -> engine.conv2dBackward(dy, w, dx, beta));
            tape.move(residual, dy);
        });
    }
}
