package org.loraspark.nn;

import org.loraspark.grad.Matrices;
import org.loraspark.grad.Var;
import org.loraspark.tensor.LinearWeight;

/**
 * y = x Wᵀ + b plus its adapter's share: {@code [..., in] -> [..., out]}. A 1x1 convolution is the same product, since
 * feature maps keep their channels last.
 */
public record Linear(String name, LinearWeight weight) {
    public Var forward(Pass pass, Var x) {
        return pass.adapters().adapt(name, x, Matrices.linear(x, weight));
    }

    /** residual + y. */
    public Var addTo(Var residual, Pass pass, Var x) {
        return pass.adapters().adapt(name, x, Matrices.linearAdd(x, weight, residual));
    }
}
