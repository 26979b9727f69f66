package org.loraspark.tensor.onednn;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Copies a file's values into native memory, in the file's order and an engine's type. */
final class FileValues {
    private static final HalfTable HALVES = new HalfTable();

    private static final class Bytes extends BytePointer {
        Bytes(long to, long size) {
            address = to;
            limit = size;
            capacity = size;
        }
    }

    private FileValues() {}

    /** In memory of its own, outside every scope. */
    static NdTensor read(HostTensor host, DType wanted, Dnnl dnnl) {
        NdTensor to = Memory.permanent(wanted, host.shape());
        read(host, to, dnnl);
        return to;
    }

    /** @param to of the same size */
    static void read(HostTensor host, NdTensor to, Dnnl dnnl) {
        if (host.dtype() == to.dtype()) {
            copy(host, to);
        } else if (host.dtype() == DType.F16) {
            HALVES.convert(host.data(), to.dtype(), bytes(to));
        } else if (host.dtype() == DType.F32 || host.dtype() == DType.BF16) {
            NdTensor raw = Memory.permanent(host.dtype(), host.shape());
            copy(host, raw);
            try (Operation reorder = dnnl.reorder(
                    Dnnl.dense(raw.dtype(), raw.size()), Dnnl.dense(to.dtype(), raw.size()), PostOps.none())) {
                reorder.run(raw.address(), to.address());
            }
            raw.dispose();
        } else {
            read(host.cast(DType.F32), to, dnnl);
        }
    }

    /** Of the same size and type. */
    static void copy(NdTensor from, NdTensor to) {
        long bytes = from.size() * from.dtype().bytes();
        Pointer.memcpy(new Bytes(to.address(), bytes), new Bytes(from.address(), bytes), bytes);
    }

    private static void copy(HostTensor host, NdTensor to) {
        ByteBuffer data = host.data();
        if (data.isDirect()) {
            Pointer.memcpy(new Bytes(to.address(), data.limit()), new Pointer(data), data.limit());
        } else {
            bytes(to).put(data.duplicate());
        }
    }

    private static ByteBuffer bytes(NdTensor x) {
        return new Bytes(x.address(), x.size() * x.dtype().bytes()).asByteBuffer();
    }
}
