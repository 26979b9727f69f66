package org.loraspark.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How every engine refuses operands that do not belong together: with the kernel's name and all shapes. */
public abstract class KernelChecks {
    public static void require(boolean fits, String kernel, Tensor... operands) {
        if (!fits) {
            throw new IllegalArgumentException(kernel + ": the shapes do not fit: "
                    + Stream.of(operands).map(t -> Shapes.toString(t.shape())).collect(Collectors.joining(", ")));
        }
    }

    public static void requireSame(String kernel, Tensor a, Tensor b) {
        require(Arrays.equals(a.shape(), b.shape()), kernel, a, b);
    }

    /** That {@code large} is twice the size of {@code small}, but for a row or column where the way down had rounded up. */
    public static void requireDoubled(String kernel, Tensor small, Tensor large) {
        require(
                small.shape().length == 4
                        && large.shape().length == 4
                        && small.dim(0) == large.dim(0)
                        && small.dim(1) == (large.dim(1) + 1) / 2
                        && small.dim(2) == (large.dim(2) + 1) / 2
                        && small.dim(3) == large.dim(3),
                kernel,
                small,
                large);
    }

    /** That a matrix {@code [heads * width, in]} has the same number of rows for each head. */
    public static void requireHeads(HostTensor weight, int heads) {
        long[] shape = weight.shape();
        if (shape.length != 2 || heads <= 0 || shape[0] % heads != 0) {
            throw new IllegalArgumentException(
                    "headWeight: expected [heads * width, in] for " + heads + " heads, got " + Shapes.toString(shape));
        }
    }

    /** The two meanings that {@code beta} has in backward kernels. */
    public static void requireZeroOrOne(double beta) {
        if (beta != 0 && beta != 1) {
            throw new IllegalArgumentException("beta must be 0 or 1, got " + beta);
        }
    }
}
