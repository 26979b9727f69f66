package org.loraspark.nn;

import org.loraspark.tensor.Tensor;

/** Sees the output of every layer by its name, in the order in which they are computed. */
@FunctionalInterface
public interface Trace {
    Trace NONE = (name, value) -> {};

    void see(String name, Tensor value);
}
