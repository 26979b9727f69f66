package org.loraspark.nn;

import org.loraspark.grad.Matrices;
import org.loraspark.grad.Var;
import org.loraspark.tensor.ConvWeight;

/** A frozen 3x3 convolution of a picture enlarged by its nearest neighbours: {@code [batch, h, w, c] -> [batch, height, width, c]}. */
public record UpsampleConv2d(String name, ConvWeight weight) {
    public Var forward(Pass pass, Var x, long height, long width) {
        return pass.seen(name, Matrices.upsampleConv2d(x, height, width, weight));
    }
}
