package org.loraspark.grad;

import org.loraspark.tensor.ConvWeight;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.LinearWeight;

/** Products with frozen weights: their way back reaches the input and never the weight. */
public final class Matrices {
    private Matrices() {}

    /** y = x Wᵀ + b: {@code [..., in] -> [..., out]}; dx = dy W. */
    public static Var linear(Var x, LinearWeight w) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                engine.linear(x.value(), w),
                dy -> tape.into(x, (dx, beta) -> engine.linearBackward(dy, w, dx, beta)),
                x);
    }

    /** {@code [batch, height, width, in] -> [batch, height', width', out]}; dx is the transposed convolution of dy. */
    public static Var conv2d(Var x, ConvWeight w) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        return tape.record(
                engine.conv2d(x.value(), w),
                dy -> tape.into(x, (dx, beta) -> engine.conv2dBackward(dy, w, dx, beta)),
                x);
    }
}
