package org.loraspark.tensor.onednn;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Values between the Java heap, files and tensors, converted on the way. */
final class Transfers extends Kernels {
    private static final class Bytes extends BytePointer {
        Bytes(long to, long size) {
            address = to;
            limit = size;
            capacity = size;
        }
    }

    private static final HalfTable HALVES = new HalfTable();

    Transfers(Dnnl context, Memory memory, DType type) {
        super(context, memory, type);
    }

    void write(float[] values, NdTensor to) {
        if (to.dtype() == DType.F32) {
            new Window(to.address(), values.length).put(values);
        } else {
            NdTensor exact = memory.empty(DType.F32, values.length);
            new Window(exact.address(), values.length).put(values);
            copy(exact, to);
            memory.release(exact);
        }
    }

    float[] read(NdTensor from) {
        float[] values = new float[Math.toIntExact(from.size())];
        if (from.dtype() == DType.F32) {
            new Window(from.address(), values.length).get(values);
        } else {
            NdTensor exact = memory.empty(DType.F32, values.length);
            copy(from, exact);
            new Window(exact.address(), values.length).get(values);
            memory.release(exact);
        }
        return values;
    }

    /** Row-major, of any types. */
    void copy(NdTensor from, NdTensor to) {
        if (from.dtype() == to.dtype()) {
            Pointer.memcpy(
                    new Window(to.address(), 0),
                    new Window(from.address(), 0),
                    from.size() * from.dtype().bytes());
        } else {
            convert(from, to);
        }
    }

    static void zero(NdTensor x) {
        Pointer.memset(new Window(x.address(), 0), 0, x.size() * x.dtype().bytes());
    }

    void fill(NdTensor x, double value) {
        if (value == 0) {
            zero(x);
        } else {
            float[] values = new float[Math.toIntExact(x.size())];
            java.util.Arrays.fill(values, (float) value);
            write(values, x);
        }
    }

    /** Outside every scope, in the file's order. */
    NdTensor permanent(HostTensor host, DType wanted) {
        NdTensor to = Memory.permanent(wanted, host.shape());
        if (host.dtype() == wanted) {
            put(host.data(), to);
        } else if (host.dtype() == DType.F32 || host.dtype() == DType.BF16) {
            NdTensor raw = raw(host);
            copy(raw, to);
            raw.dispose();
        } else if (host.dtype() == DType.F16) {
            HALVES.convert(host.data(), wanted, bytes(to));
        } else {
            write(host.toFloats(), to);
        }
        return to;
    }

    private static NdTensor raw(HostTensor host) {
        NdTensor raw = Memory.permanent(host.dtype(), host.shape());
        put(host.data(), raw);
        return raw;
    }

    private static void put(ByteBuffer data, NdTensor to) {
        long size = to.size() * to.dtype().bytes();
        if (data.isDirect()) {
            Pointer.memcpy(new Bytes(to.address(), size), new Pointer(data), size);
        } else {
            bytes(to).put(data.duplicate());
        }
    }

    private static ByteBuffer bytes(NdTensor x) {
        return new Bytes(x.address(), x.size() * x.dtype().bytes()).asByteBuffer();
    }
}
