package org.loraspark.grad;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.Tensor;

/**
 * Normalisations with frozen scale and shift. Each reads its input and the statistics on the way back; the output is made
 * again from the input where a later operation reads it.
 */
public final class Norms {
    private Norms() {}

    /** Over the pixels and channels of each group of {@code [batch, ..., channels]}. */
    public static Var groupNorm(Var x, int groups, Tensor gamma, Tensor beta, double eps) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        NormResult made = engine.groupNorm(x.value(), groups, gamma, beta, eps);
        Var y = tape.output(made.output(), x);
        Var stats = tape.output(made.stats());
        tape.canBeMadeAgain(
                y, () -> engine.groupNorm(x.value(), groups, gamma, beta, eps).output());
        return tape.record(
                y,
                dy -> tape.into(
                        x, (dx, b) -> engine.groupNormBackward(dy, x.value(), stats.value(), groups, gamma, dx, b)),
                x,
                stats);
    }

    /** silu(groupNorm(x)), of which only the input and the statistics are kept. */
    public static Var groupNormSilu(Var x, int groups, Tensor gamma, Tensor beta, double eps) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        NormResult made = engine.groupNormSilu(x.value(), groups, gamma, beta, eps);
        Var y = tape.output(made.output(), x);
        Var stats = tape.output(made.stats());
        tape.canBeMadeAgain(
                y,
                () -> engine.groupNormSilu(x.value(), groups, gamma, beta, eps).output());
        return tape.record(
                y,
                dy -> tape.into(
                        x,
                        (dx, b) -> engine.groupNormSiluBackward(
                                dy, x.value(), stats.value(), groups, gamma, beta, eps, dx, b)),
                x,
                stats);
    }

    /** Over the last dimension. */
    public static Var layerNorm(Var x, Tensor gamma, Tensor beta, double eps) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        NormResult made = engine.layerNorm(x.value(), gamma, beta, eps);
        Var y = tape.output(made.output(), x);
        Var stats = tape.output(made.stats());
        tape.canBeMadeAgain(
                y, () -> engine.layerNorm(x.value(), gamma, beta, eps).output());
        return tape.record(
                y,
                dy -> tape.into(x, (dx, b) -> engine.layerNormBackward(dy, x.value(), stats.value(), gamma, dx, b)),
                x,
                stats);
    }
}
