package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.KernelChecks;
import org.loraspark.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What all kernels share: memory, constants, argument checks and the meaning of {@code beta}. */
abstract class Kernels extends KernelChecks {
    /** Sums up to here are never cut by ND4J, whatever the number of threads. */
    static final long LONGEST_SUM = 640;

    /**
     * The same of products of four dimensions. ND4J sends those to OpenBLAS, which cuts longer sums at places that depend
     * on the number of threads.
     */
    static final long LONGEST_BATCHED_SUM = 256;

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
        requireZeroOrOne(beta);
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
     * c = alpha op(a) op(b) + beta c on two-dimensional tensors, the same bits for any number of threads if BLAS keeps to
     * that. Two of ND4J's ways out are avoided because they share one sum among threads: the product of one row with a
     * matrix (so the row is taken twice), and long sums over a transposed right side (so those are cut here).
     */
    final void product(
            NdTensor a, boolean transposeA, NdTensor b, boolean transposeB, NdTensor c, double alpha, double beta) {
        if (c.dim(0) == 1 && !transposeB) {
            rowProduct(a, b, c, alpha, beta);
        } else if (c.dim(1) == 1 && transposeA) {
            rowProduct(b, a, c, alpha, beta);
        } else if (transposeB && !transposeA && a.dim(1) > LONGEST_SUM) {
            long length = a.dim(1);
            eachPart(length, LONGEST_SUM, (first, count) -> {
                INDArray left = a.strided(first, new long[] {a.dim(0), count}, new long[] {length, 1});
                INDArray right = b.strided(first, new long[] {b.dim(0), count}, new long[] {length, 1});
                Ops.matmul(left, false, right, true, c.array(), alpha, first == 0 ? beta : 1);
            });
        } else {
            Ops.matmul(a.array(), transposeA, b.array(), transposeB, c.array(), alpha, beta);
        }
    }

    /** Some terms of a sum. */
    interface Part {
        void add(long first, long count);
    }

    /** The terms of a sum in parts of at most so many, in their order. */
    static void eachPart(long terms, long most, Part part) {
        for (long first = 0; first < terms; first += most) {
            part.add(first, Math.min(most, terms - first));
        }
    }

    /** The vector a times the matrix b {@code [k, n]}. */
    final void rowProduct(NdTensor a, NdTensor b, NdTensor c, double alpha, double beta) {
        long k = a.size();
        NdTensor twice = empty(2, k);
        NdTensor result = empty(2, c.size());
        twice.slice(0, k).array().assign(a.as(k));
        twice.slice(k, k).array().assign(a.as(k));
        Ops.matmul(twice.array(), false, b.array(), false, result.array(), alpha, 0);
        addFirst(result, c, beta);
        memory.release(twice);
        memory.release(result);
    }

    /**
     * {@code [batch, ..., channels] -> [batch + 1, channels]}: the sum over the dimensions between. Each product writes
     * its row twice, and the next sample's overwrites the copy; the last row is a copy that nobody needs.
     */
    final void sumPixels(NdTensor x, NdTensor sums) {
        long batch = x.dim(0);
        long channels = x.last();
        long pixels = x.rows() / batch;
        INDArray ones = constants.ones(2, pixels);
        for (long b = 0; b < batch; b++) {
            INDArray sample = x.slice(b * pixels * channels, pixels, channels).array();
            Ops.matmul(
                    ones,
                    false,
                    sample,
                    false,
                    sums.slice(b * channels, 2, channels).array(),
                    1,
                    0);
        }
    }

    /** to = beta * to + the leading values of {@code rows}. */
    static void addFirst(NdTensor rows, NdTensor to, double beta) {
        long size = to.size();
        INDArray first = rows.as(size);
        if (beta == 0) {
            to.as(size).assign(first);
        } else {
            if (beta != 1) {
                to.as(size).muli(beta);
            }
            Ops.axpy(1, first, to.as(size));
        }
    }
}
