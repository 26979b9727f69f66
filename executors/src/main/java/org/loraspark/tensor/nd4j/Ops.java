package org.loraspark.tensor.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.factory.Nd4j;

/** The few ND4J operations that kernels are made of, each into an array that exists. */
final class Ops {
    private static final int[] NO_INTS = {};
    private static final double[] NO_DOUBLES = {};

    private Ops() {}

    static void custom(String name, INDArray[] in, INDArray[] out, int[] ints, double... doubles) {
        DynamicCustomOp op = new DynamicCustomOp(name, in, out);
        if (ints.length > 0) {
            op.addIArgument(ints);
        }
        if (doubles.length > 0) {
            op.addTArgument(doubles);
        }
        Nd4j.getExecutioner().exec(op);
    }

    static void legacy(Op op) {
        Nd4j.getExecutioner().exec(op);
    }

    /** c = alpha op(a) op(b) + beta c, over the last two dimensions of arrays of one rank. */
    static void matmul(
            INDArray a, boolean transposeA, INDArray b, boolean transposeB, INDArray c, double alpha, double beta) {
        double[] factors = alpha == 1 && beta == 0 ? NO_DOUBLES : new double[] {alpha, beta};
        custom(
                "matmul",
                new INDArray[] {a, b},
                new INDArray[] {c},
                new int[] {transposeA ? 1 : 0, transposeB ? 1 : 0, 0},
                factors);
    }

    static void add(INDArray a, INDArray b, INDArray to) {
        broadcast("add", a, b, to);
    }

    static void subtract(INDArray a, INDArray b, INDArray to) {
        broadcast("subtract", a, b, to);
    }

    static void multiply(INDArray a, INDArray b, INDArray to) {
        broadcast("multiply", a, b, to);
    }

    /** y += alpha x. */
    static void axpy(double alpha, INDArray x, INDArray y) {
        legacy(new Axpy(x, y, y, alpha));
    }

    /** Element by element; a dimension of one in b repeats. */
    static void broadcast(String name, INDArray a, INDArray b, INDArray to) {
        custom(name, new INDArray[] {a, b}, new INDArray[] {to}, NO_INTS);
    }
}
