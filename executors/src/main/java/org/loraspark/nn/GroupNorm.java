package org.loraspark.nn;

import org.loraspark.grad.Norms;
import org.loraspark.grad.Var;
import org.loraspark.tensor.Tensor;

/** Group normalisation (Wu and He 2018) of {@code [batch, height, width, channels]}. */
public record GroupNorm(int groups, Tensor weight, Tensor bias, double eps) {
    public Var forward(Var x) {
        return Norms.groupNorm(x, groups, weight, bias, eps);
    }

    /** silu of the normalised values. */
    public Var silu(Var x) {
        return Norms.groupNormSilu(x, groups, weight, bias, eps);
    }
}
