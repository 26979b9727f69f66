package org.loraspark.grad;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.NormResult;
import org.loraspark.tensor.Tensor;

/** Normalisations with frozen scale and shift. */
public final class Norms {
    private Norms() {}

    /** Over the pixels and channels of each group of {@code [batch, ..., channels]}. */
    public static Var groupNorm(Var x, int groups, Tensor gamma, Tensor beta, double eps) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        NormResult y = engine.groupNorm(x.value(), groups, gamma, beta, eps);
        return tape.record(
                y.output(),
                dy -> tape.into(x, (dx, b) -> engine.groupNormBackward(dy, x.value(), y.stats(), groups, gamma, dx, b)),
                x);
    }

    /** Over the last dimension. */
    public static Var layerNorm(Var x, Tensor gamma, Tensor beta, double eps) {
        Tape tape = x.tape();
        Engine engine = tape.engine();
        NormResult y = engine.layerNorm(x.value(), gamma, beta, eps);
        return tape.record(
                y.output(),
                dy -> tape.into(x, (dx, b) -> engine.layerNormBackward(dy, x.value(), y.stats(), gamma, dx, b)),
                x);
    }
}
