package org.loraspark.nn;

import org.loraspark.tensor.Tensor;

/** Sees named intermediate values, so that two implementations can be compared stage by stage. */
@FunctionalInterface
public interface Trace {
    Trace NONE = (name, value) -> {};

    void see(String name, Tensor value);
}
