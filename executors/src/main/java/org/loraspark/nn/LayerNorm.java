package org.loraspark.nn;

import org.loraspark.grad.Norms;
import org.loraspark.grad.Var;
import org.loraspark.tensor.Tensor;

/** Layer normalisation over the last dimension. */
public record LayerNorm(Tensor weight, Tensor bias, double eps) {
    public Var forward(Var x) {
        return Norms.layerNorm(x, weight, bias, eps);
    }
}
