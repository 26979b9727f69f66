package org.loraspark.tensor;

/**
 * A dense row-major array that lives in an {@link Engine}. The values belong to the engine's memory and go back to its
 * pool when the {@link Scope} that made them closes; a tensor must not be used after that.
 */
public interface Tensor {
    /** Outermost dimension first; the array must not be modified. */
    long[] shape();

    DType dtype();

    /** The same memory under another shape of the same size. */
    Tensor reshape(long... shape);

    /** A contiguous piece of the same memory, {@code offset} elements from the start. */
    Tensor slice(long offset, long... shape);

    default long size() {
        return Shapes.size(shape());
    }

    default long dim(int i) {
        return shape()[i < 0 ? shape().length + i : i];
    }
}
