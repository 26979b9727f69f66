package org.loraspark.tensor.nd4j;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What all kernels share: memory, constants, argument checks and the meaning of {@code beta}. */
abstract class Kernels {
    final Memory memory;
    final Constants constants;

    Kernels(Memory memory, Constants constants) {
        this.memory = memory;
        this.constants = constants;
    }

    static NdTensor nd(Tensor tensor) {
        return (NdTensor) tensor;
    }

    final NdTensor empty(long... shape) {
        return memory.empty(shape);
    }

    /** Where a gradient is to be computed: in {@code dx} itself, or beside it when it must be added. */
    final NdTensor target(NdTensor dx, double beta) {
        if (beta != 0 && beta != 1) {
            throw new IllegalArgumentException("beta must be 0 or 1, got " + beta);
        }
        return beta == 0 ? dx : empty(dx.shape());
    }

    /** Adds what was computed beside {@code dx}. */
    final void settle(NdTensor target, NdTensor dx) {
        if (target != dx) {
            Ops.axpy(1, target.array(), dx.array());
            memory.release(target);
        }
    }

    /**
     * {@code [batch, ..., channels] -> [batch, channels]}: sums = beta * sums + the sum over the dimensions between. One
     * product for each sample: ND4J sends those to code whose sums do not depend on the number of threads.
     */
    final void sumPixels(NdTensor x, NdTensor sums, double beta) {
        long batch = x.dim(0);
        long channels = x.last();
        long pixels = x.rows() / batch;
        INDArray ones = constants.ones(1, pixels);
        for (long b = 0; b < batch; b++) {
            INDArray sample = x.slice(b * pixels * channels, pixels, channels).array();
            Ops.matmul(
                    ones,
                    false,
                    sample,
                    false,
                    sums.slice(b * channels, 1, channels).array(),
                    1,
                    beta);
        }
    }

    static void require(boolean fits, String kernel, Tensor... operands) {
        if (!fits) {
            throw misfit(kernel, operands);
        }
    }

    static void requireSame(String kernel, Tensor a, Tensor b) {
        if (!Arrays.equals(a.shape(), b.shape())) {
            throw misfit(kernel, a, b);
        }
    }

    static IllegalArgumentException misfit(String kernel, Tensor... operands) {
        return new IllegalArgumentException(kernel + ": the shapes do not fit: "
                + Stream.of(operands).map(t -> Shapes.toString(t.shape())).collect(Collectors.joining(", ")));
    }
}
