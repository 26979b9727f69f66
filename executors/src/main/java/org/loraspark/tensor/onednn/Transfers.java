package org.loraspark.tensor.onednn;

import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Values between the Java heap and tensors, converted on the way. */
final class Transfers extends Kernels {
    Transfers(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    void write(float[] values, NdTensor to) {
        if (to.dtype() == DType.F32) {
            NativeFloats.at(to.address(), values.length).put(values);
        } else {
            NdTensor exact = memory.empty(DType.F32, values.length);
            NativeFloats.at(exact.address(), values.length).put(values);
            copy(exact, to);
            memory.release(exact);
        }
    }

    float[] read(NdTensor from) {
        float[] values = new float[Math.toIntExact(from.size())];
        if (from.dtype() == DType.F32) {
            NativeFloats.at(from.address(), values.length).get(values);
        } else {
            NdTensor exact = memory.empty(DType.F32, values.length);
            copy(from, exact);
            NativeFloats.at(exact.address(), values.length).get(values);
            memory.release(exact);
        }
        return values;
    }

    /** Row-major, of any types. */
    void copy(NdTensor from, NdTensor to) {
        if (from.dtype() == to.dtype()) {
            FileValues.copy(from, to);
        } else {
            convert(from, to);
        }
    }

    static void zero(NdTensor x) {
        Pointer.memset(NativeFloats.at(x.address(), 0), 0, x.size() * x.dtype().bytes());
    }

    void fill(NdTensor x, double value) {
        if (value == 0) {
            zero(x);
        } else {
            float[] values = new float[Math.toIntExact(x.size())];
            Arrays.fill(values, (float) value);
            write(values, x);
        }
    }
}
