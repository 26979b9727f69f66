package org.loraspark.grad;

import org.loraspark.tensor.Tensor;

/** One operation's way back: reads the gradient of its output and hands gradients to its inputs. */
@FunctionalInterface
public interface Backward {
    /** @param dy gradient of the loss with respect to the operation's output, of the output's shape */
    void apply(Tensor dy);
}
