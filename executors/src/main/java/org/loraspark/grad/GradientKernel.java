package org.loraspark.grad;

import org.loraspark.tensor.Tensor;

/** A kernel that writes an input's gradient as {@code dx = beta * dx + gradient}. */
@FunctionalInterface
public interface GradientKernel {
    void apply(Tensor dx, double beta);
}
