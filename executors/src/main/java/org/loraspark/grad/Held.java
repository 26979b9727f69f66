package org.loraspark.grad;

import java.util.function.Supplier;
import org.loraspark.tensor.Tensor;

/** The memory of a value, shared by all variables that see it under one shape or another. */
final class Held {
    /** Whether it came from an operation of the tape: only such memory is given back before the tape closes. */
    final boolean made;

    /** Null while it is given back. */
    Tensor tensor;

    /** How many operations still read it on the way back. */
    int readers;

    /** Makes the same values once more from what its own operation reads on the way back; null if nothing does. */
    Supplier<Tensor> recipe;

    Held(Tensor tensor, boolean made) {
        this.tensor = tensor;
        this.made = made;
    }

    /** Whether the memory must be there on the way back as it is. */
    boolean isKept() {
        return readers > 0 && recipe == null;
    }
}
