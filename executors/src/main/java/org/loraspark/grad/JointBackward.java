package org.loraspark.grad;

import java.util.List;
import org.loraspark.tensor.Tensor;

/** The way back of an operation with several outputs. */
@FunctionalInterface
public interface JointBackward {
    /** @param dys gradients of the outputs, in their order; null for one that the loss does not depend on */
    void apply(List<Tensor> dys);
}
