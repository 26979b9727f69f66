package org.loraspark.tensor.onednn;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/** Copies a file's values into memory outside every scope, in the file's order and an engine's type. */
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

    static NdTensor read(HostTensor host, DType wanted, Dnnl dnnl) {
        if (host.dtype() == wanted) {
            return raw(host);
        }
        NdTensor to = Memory.permanent(wanted, host.shape());
        switch (host.dtype()) {
            case F16 -> HALVES.convert(host.data(), wanted, bytes(to));
            case F32, BF16 -> convert(host, to, dnnl);
            default -> convert(host.cast(DType.F32), to, dnnl);
        }
        return to;
    }

    private static void convert(HostTensor host, NdTensor to, Dnnl dnnl) {
        NdTensor raw = raw(host);
        try (Operation reorder =
                dnnl.reorder(Dnnl.dense(raw.dtype(), raw.size()), Dnnl.dense(to.dtype(), raw.size()), PostOps.none())) {
            reorder.run(raw.address(), to.address());
        }
        raw.dispose();
    }

    private static NdTensor raw(HostTensor host) {
        NdTensor raw = Memory.permanent(host.dtype(), host.shape());
        ByteBuffer data = host.data();
        if (data.isDirect()) {
            Pointer.memcpy(new Bytes(raw.address(), data.limit()), new Pointer(data), data.limit());
        } else {
            bytes(raw).put(data.duplicate());
        }
        return raw;
    }

    private static ByteBuffer bytes(NdTensor x) {
        return new Bytes(x.address(), x.size() * x.dtype().bytes()).asByteBuffer();
    }
}
