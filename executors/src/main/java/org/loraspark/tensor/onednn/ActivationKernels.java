package org.loraspark.tensor.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Activation functions and what else works element by element. */
final class ActivationKernels extends Kernels {
    /** Values of a half that are worked on at a time, so that they stay in the cache from one primitive to the next. */
    private static final long PIECE = 1 << 18;

    ActivationKernels(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    NdTensor forward(Activation function, NdTensor x) {
        NdTensor y = memory.empty(x.dtype(), x.shape());
        function.forward(context, x.dtype(), x.size()).run(x.address(), y.address());
        return y;
    }

    void backward(Activation function, NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        requireSame(function + " backward", dy, x);
        requireSame(function + " backward", dx, x);
        NdTensor target = target(dx, beta);
        function.backward(context, x.dtype(), x.size()).run(x.address(), dy.address(), target.address());
        settle(target, dx);
    }

    /** The halves are copied apart: oneDNN has no fast code for an activation of every other run of values. */
    NdTensor geglu(NdTensor x) {
        require(x.last() % 2 == 0, "geglu", x);
        long half = x.last() / 2;
        NdTensor y = memory.empty(x.dtype(), Shapes.withLast(x.shape(), half));
        long step = Math.min(x.rows(), Math.max(1, PIECE / half));
        NdTensor gate = memory.empty(x.dtype(), step, half);
        NdTensor value = memory.empty(x.dtype(), step, half);
        long width = x.dtype().bytes();
        for (long first = 0; first < x.rows(); first += step) {
            long rows = Math.min(step, x.rows() - first);
            long size = rows * half;
            long from = x.address() + 2 * first * half * width;
            long to = y.address() + first * half * width;
            Operation cut = window(x.dtype(), rows, half, 2 * half, half, 0);
            cut.run(from, value.address());
            cut.run(from + half * width, gate.address());
            geluTimes(x.dtype(), size).run(gate.address(), gate.address(), to, value.address());
        }
        memory.release(gate);
        memory.release(value);
        return y;
    }

    /** d value = dy * gelu(gate); d gate = dy * value * gelu'(gate). */
    void gegluBackward(NdTensor dy, NdTensor x, NdTensor dx, double beta) {
        require(x.last() == 2 * dy.last() && x.rows() == dy.rows(), "gegluBackward", dy, x);
        requireSame("gegluBackward", dx, x);
        long half = dy.last();
        long step = Math.min(x.rows(), Math.max(1, PIECE / half));
        NdTensor gate = memory.empty(x.dtype(), step, half);
        NdTensor value = memory.empty(x.dtype(), step, half);
        long width = x.dtype().bytes();
        for (long first = 0; first < x.rows(); first += step) {
            long rows = Math.min(step, x.rows() - first);
            long size = rows * half;
            long gradient = dy.address() + first * half * width;
            long from = x.address() + 2 * first * half * width;
            long to = dx.address() + 2 * first * half * width;
            Operation cut = window(x.dtype(), rows, half, 2 * half, half, 0);
            cut.run(from, value.address());
            cut.run(from + half * width, gate.address());
            multiply(x.dtype(), size).run(value.address(), gradient, value.address());
            Activation.GELU.backward(context, x.dtype(), size).run(gate.address(), value.address(), value.address());
            geluTimes(x.dtype(), size).run(gate.address(), gate.address(), gate.address(), gradient);
            Operation paste = window(x.dtype(), rows, half, half, 2 * half, beta);
            paste.run(gate.address(), to);
            paste.run(value.address(), to + half * width);
        }
        memory.release(gate);
        memory.release(value);
    }

    /** b of a's shape, or one row for all rows of a. */
    NdTensor add(NdTensor a, NdTensor b) {
        boolean row = !Arrays.equals(a.shape(), b.shape());
        require(!row || b.size() == a.last(), "add", a, b);
        NdTensor y = memory.empty(a.dtype(), a.shape());
        if (row) {
            addRow(a.dtype(), a.rows(), a.last(), b.dtype()).run(a.address(), b.address(), y.address());
        } else {
            sum(a.size(), a.dtype(), b.dtype()).run(a.address(), b.address(), y.address());
        }
        return y;
    }

    void axpy(double alpha, NdTensor x, NdTensor y) {
        require(x.size() == y.size(), "axpy", x, y);
        if (alpha == 1) {
            accumulate(x, y);
            return;
        }
        NdTensor same = x.dtype() == y.dtype() ? x : memory.empty(y.dtype(), x.shape());
        if (same != x) {
            convert(x, same);
        }
        times(y.size(), y.dtype(), 1, same, alpha, y);
        if (same != x) {
            memory.release(same);
        }
    }

    NdTensor scale(NdTensor x, double alpha) {
        NdTensor y = memory.empty(x.dtype(), x.shape());
        times(x.size(), x.dtype(), 0, x, alpha, y);
        return y;
    }

    NdTensor multiply(NdTensor a, NdTensor b) {
        requireSame("multiply", a, b);
        NdTensor y = memory.empty(a.dtype(), a.shape());
        multiply(a.dtype(), a.size()).run(a.address(), b.address(), y.address());
        return y;
    }

    /** A sum with a bad value in it is bad. One of good values is good, but for an overflow: then each is looked at. */
    boolean isFinite(NdTensor x) {
        NdTensor total = memory.empty(DType.F32, 1);
        context.rowSums(x.dtype(), 1, x.size()).run(x.address(), total.address());
        boolean finite = allFinite(total);
        memory.release(total);
        return finite || allFinite(x);
    }

    private boolean allFinite(NdTensor x) {
        NdTensor exact = exact(x);
        float[] values = new float[Math.toIntExact(x.size())];
        NativeFloats.at(exact.address(), values.length).get(values);
        release(exact, x);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** y = beta * y + alpha * x; alpha is an operand, so that one operation serves all. */
    private void times(long size, DType dtype, long beta, NdTensor x, double alpha, NdTensor y) {
        NdTensor factor = memory.empty(DType.F32, 1);
        NativeFloats.at(factor.address(), 1).put((float) alpha);
        context.operation(Key.of("times", size, dtype.ordinal(), beta), () -> {
                    memory.desc values = Dnnl.dense(dtype, 1, size);
                    return context.binary(
                            algorithm.binary_mul,
                            values,
                            Dnnl.dense(DType.F32, 1, 1),
                            values,
                            PostOps.none().accumulate(beta));
                })
                .run(x.address(), factor.address(), y.address());
        memory.release(factor);
    }

    private Operation multiply(DType dtype, long size) {
        return context.operation(Key.of("multiply", size, dtype.ordinal()), () -> {
            memory.desc values = Dnnl.dense(dtype, size);
            return context.binary(algorithm.binary_mul, values, values, values, PostOps.none());
        });
    }

    /** gelu(x) * factor, on x, x again, the result (which may be x too) and the factor. */
    private Operation geluTimes(DType dtype, long size) {
        return context.operation(Key.of("geluTimes", size, dtype.ordinal()), () -> {
            memory.desc values = Dnnl.dense(dtype, size);
            // An activation alone is not compiled with a factor, but a maximum of x and x with both is.
            PostOps postOps = PostOps.none().eltwise(algorithm.eltwise_gelu_erf, 0, 0);
            return context.binary(algorithm.binary_max, values, values, values, postOps.multiply(values));
        });
    }
}
