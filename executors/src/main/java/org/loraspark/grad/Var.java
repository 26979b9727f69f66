package org.loraspark.grad;

import org.loraspark.tensor.Tensor;

/** A value on a tape: the tensor, and whether the loss depends on a trainable matrix through it. */
public final class Var {
    private final Tape tape;
    private final Tensor value;
    private final boolean requiresGrad;

    /** Gradient so far, of the value's size; null until the first contribution on the way back. */
    private Tensor grad;

    Var(Tape tape, Tensor value, boolean requiresGrad, Tensor grad) {
        this.tape = tape;
        this.value = value;
        this.requiresGrad = requiresGrad;
        this.grad = grad;
    }

    public Tape tape() {
        return tape;
    }

    public Tensor value() {
        return value;
    }

    public boolean requiresGrad() {
        return requiresGrad;
    }

    public long[] shape() {
        return value.shape();
    }

    public long dim(int i) {
        return value.dim(i);
    }

    Tensor grad() {
        return grad;
    }

    void grad(Tensor newGrad) {
        grad = newGrad;
    }
}
