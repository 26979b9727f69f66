package org.loraspark.grad;

import java.util.Arrays;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;

/** A value on a tape: the tensor, and whether the loss depends on a trainable matrix through it. */
public final class Var {
    private final Tape tape;
    private final Held held;
    private final long[] shape;
    private final boolean requiresGrad;

    /** Gradient so far, of the value's size; null until the first contribution on the way back. */
    private Tensor grad;

    Var(Tape tape, Held held, long[] shape, boolean requiresGrad, Tensor grad) {
        this.tape = tape;
        this.held = held;
        this.shape = shape;
        this.requiresGrad = requiresGrad;
        this.grad = grad;
    }

    public Tape tape() {
        return tape;
    }

    /** The tensor; an operation's way back asks for it when it is replayed, and only for what it said that it reads. */
    public Tensor value() {
        Tensor tensor = tape.tensor(held);
        return Arrays.equals(tensor.shape(), shape) ? tensor : tensor.reshape(shape);
    }

    public boolean requiresGrad() {
        return requiresGrad;
    }

    public long[] shape() {
        return shape;
    }

    public long dim(int i) {
        return shape[i < 0 ? shape.length + i : i];
    }

    public long size() {
        return Shapes.size(shape);
    }

    Held held() {
        return held;
    }

    Tensor grad() {
        return grad;
    }

    void grad(Tensor newGrad) {
        grad = newGrad;
    }
}
