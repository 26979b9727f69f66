package org.loraspark.nn;

import org.loraspark.grad.Matrices;
import org.loraspark.grad.Var;
import org.loraspark.tensor.ConvWeight;

/** A frozen convolution: {@code [batch, height, width, in] -> [batch, height', width', out]}. */
public record Conv2d(String name, ConvWeight weight) {
    public Var forward(Pass pass, Var x) {
        return pass.seen(name, Matrices.conv2d(x, weight));
    }

    /** residual + the convolution. */
    public Var addTo(Var residual, Pass pass, Var x) {
        return pass.seen(name, Matrices.conv2dAdd(x, weight, residual));
    }
}
