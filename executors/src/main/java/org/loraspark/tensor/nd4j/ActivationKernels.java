package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.Shapes;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;

/**
 * x * sigmoid(a x) and x * Phi(x) = x * (1 + erf(x / sqrt 2)) / 2.
 *
 * <p>The sigmoid in float32 is (1 + tanh(x / 2)) / 2, because tanh is the one such function that ND4J hands to oneDNN's
 * vector code.
 */
final class ActivationKernels extends Kernels {
    private static final double QUICK = 1.702;
    private static final int[] NO_INTS = {};

    ActivationKernels(Memory memory, Constants constants) {
        super(memory, constants);
    }

    NdTensor silu(NdTensor x) {
        return swish(x, 1);
    }

    NdTensor quickGelu(NdTensor x) {
        return swish(x, QUICK);
    }

    void siluBackward(NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        swishBackward("siluBackward", dy, x, 1, dx, beta);
    }

    void quickGeluBackward(NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        swishBackward("quickGeluBackward", dy, x, QUICK, dx, beta);
    }

    NdTensor gelu(NdTensor x) {
        NdTensor y = empty(x.shape());
        normalDistribution(x.array(), y.array());
        Ops.multiply(y.array(), x.array(), y.array());
        return y;
    }

    void geluBackward(NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        requireSame("geluBackward", dy, x);
        requireSame("geluBackward", dx, x);
        NdTensor target = target(dx, beta);
        NdTensor scratch = empty(x.shape());
        normalDistribution(x.array(), target.array());
        addDensityTimes(x.array(), target.array(), scratch.array());
        Ops.multiply(target.array(), dy.array(), target.array());
        memory.release(scratch);
        settle(target, dx);
    }

    NdTensor geglu(NdTensor x) {
        require(x.last() % 2 == 0, "geglu", x);
        NdTensor y = empty(Shapes.withLast(x.shape(), x.last() / 2));
        NdTensor gate = empty(y.shape());
        NdTensor phi = empty(y.shape());
        split(x, y, gate);
        normalDistribution(gate.array(), phi.array());
        Ops.multiply(y.array(), gate.array(), y.array());
        Ops.multiply(y.array(), phi.array(), y.array());
        memory.release(gate);
        memory.release(phi);
        return y;
    }

    /** d value = dy * gate * Phi(gate); d gate = dy * value * (Phi(gate) + gate * density(gate)). */
    void gegluBackward(NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        require(x.last() == 2 * dy.last() && x.rows() == dy.rows(), "gegluBackward", dy, x);
        requireSame("gegluBackward", dx, x);
        NdTensor target = target(dx, beta);
        NdTensor value = empty(dy.shape());
        NdTensor gate = empty(dy.shape());
        NdTensor phi = empty(dy.shape());
        NdTensor scratch = empty(dy.shape());
        split(x, value, gate);
        normalDistribution(gate.array(), phi.array());
        Ops.multiply(value.array(), dy.array(), value.array());
        Ops.multiply(phi.array(), gate.array(), scratch.array());
        Ops.multiply(scratch.array(), dy.array(), scratch.array());
        half(target, 0).assign(scratch.as(1, dy.rows(), dy.last()));
        addDensityTimes(gate.array(), phi.array(), scratch.array());
        Ops.multiply(phi.array(), value.array(), phi.array());
        half(target, dy.last()).assign(phi.as(1, dy.rows(), dy.last()));
        memory.release(value);
        memory.release(gate);
        memory.release(phi);
        memory.release(scratch);
        settle(target, dx);
    }

    private NdTensor swish(NdTensor x, double slope) {
        NdTensor y = empty(x.shape());
        sigmoid(x.array(), slope, y.array());
        Ops.multiply(y.array(), x.array(), y.array());
        return y;
    }

    /** With s = sigmoid(a x): dx = dy * (s + a x s (1 - s)). */
    private void swishBackward(String kernel, NdTensor dy, NdTensor x, double slope, NdTensor dx, double beta) {
        requireSame(kernel, dy, x);
        requireSame(kernel, dx, x);
        NdTensor target = target(dx, beta);
        NdTensor s = empty(x.shape());
        NdTensor product = empty(x.shape());
        sigmoid(x.array(), slope, s.array());
        // a x s, then times (1 - s) by subtracting its product with s
        x.array().mul(slope, product.array());
        Ops.multiply(product.array(), s.array(), product.array());
        Ops.multiply(product.array(), s.array(), target.array());
        Ops.subtract(product.array(), target.array(), target.array());
        Ops.axpy(1, s.array(), target.array());
        Ops.multiply(target.array(), dy.array(), target.array());
        memory.release(s);
        memory.release(product);
        settle(target, dx);
    }

    private void sigmoid(INDArray x, double slope, INDArray to) {
        if (memory.type == DataType.FLOAT) {
            x.mul(slope / 2, to);
            Ops.custom("tanh", new INDArray[] {to}, new INDArray[] {to}, NO_INTS);
            to.muli(0.5);
            to.addi(0.5);
        } else {
            x.mul(slope, to);
            Ops.legacy(new Sigmoid(to, to));
        }
    }

    /** Phi(x). */
    private static void normalDistribution(INDArray x, INDArray to) {
        x.mul(Math.sqrt(0.5), to);
        Ops.legacy(new Erf(to, to));
        to.addi(1);
        to.muli(0.5);
    }

    /** y += x * exp(-x^2 / 2) / sqrt(2 pi). */
    private static void addDensityTimes(INDArray x, INDArray y, INDArray scratch) {
        Ops.multiply(x, x, scratch);
        scratch.muli(-0.5);
        Ops.legacy(new Exp(scratch, scratch));
        Ops.multiply(scratch, x, scratch);
        Ops.axpy(1 / Math.sqrt(2 * Math.PI), scratch, y);
    }

    private static void split(NdTensor x, NdTensor first, NdTensor second) {
        Ops.custom(
                "split", new INDArray[] {x.matrix()}, new INDArray[] {first.matrix(), second.matrix()}, new int[] {2, 1
                });
    }

    private static INDArray half(NdTensor x, long from) {
        return x.strided(from, new long[] {1, x.rows(), x.last() / 2}, new long[] {x.size(), x.last(), 1});
    }
}
