package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * A weight, or one row of a filter, in the file's order and as primitives ask for it.
 *
 * @param type that the descriptors are written for
 * @param plain the file's order, with strides
 * @param from where it begins there, in values
 * @param packed the primitives' layout
 * @param to where it begins there, in values
 */
record Piece(DType type, memory.desc plain, long from, memory.desc packed, long to) {
    private static final int KERNEL_ROWS = 2;

    /** Of a whole weight. */
    static List<Piece> of(DType type, Layout inFile, Layout layout) {
        memory.desc file = inFile.desc();
        if (layout.rows() == 1) {
            return List.of(new Piece(type, file, 0, layout.desc(), 0));
        }
        long[] dims = new long[file.get_ndims()];
        long[] strides = new long[file.get_ndims()];
        file.get_dims().get(dims);
        file.get_strides().get(strides);
        dims[KERNEL_ROWS] = 1;
        memory.desc plain = Dnnl.strided(type, dims, strides);
        List<Piece> rows = new ArrayList<>();
        for (int row = 0; row < layout.rows(); row++) {
            long to = row * layout.rowBytes() / type.bytes();
            rows.add(new Piece(type, plain, row * strides[KERNEL_ROWS], layout.desc(), to));
        }
        return rows;
    }

    /** Whether values of another type of two bytes can be moved as well. */
    boolean movesAnyType() {
        return !Blocking.of(plain, packed).isEmpty();
    }

    void pack(NdTensor source, NdTensor target, Dnnl dnnl) {
        if (source.dtype() == type) {
            try (Operation copy = dnnl.reorder(plain, packed, PostOps.none())) {
                copy.run(at(source, from), at(target, to));
            }
        } else {
            Blocking.of(plain, packed).forEach(part -> part.pack(source, from, target, to));
        }
    }

    /** The way back. */
    void unpack(NdTensor source, NdTensor target, Dnnl dnnl) {
        if (source.dtype() == type) {
            unpack(source.address(), target, dnnl);
        } else {
            Blocking.of(plain, packed).forEach(part -> part.unpack(source, to, target, from));
        }
    }

    /** The way back from values of {@link #type} that lie at an address. */
    void unpack(long source, NdTensor target, Dnnl dnnl) {
        try (Operation copy = dnnl.reorder(packed, plain, PostOps.none())) {
            copy.run(source + to * type.bytes(), at(target, from));
        }
    }

    private static long at(NdTensor values, long first) {
        return values.address() + first * values.dtype().bytes();
    }
}
