package org.loraspark.tensor.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.LongPointer;
import org.loraspark.tensor.DType;

/**
 * A row-major or strided array and the same array in one of oneDNN's blocked layouts, both written with plain strides
 * over more dimensions: each inner block of the layout becomes a dimension. So values of any type of two bytes can be
 * moved between the two as if they were bf16, which oneDNN moves fast on every processor.
 *
 * @param dims the outer dimensions, then the inner blocks
 * @param plain strides of the array without blocks
 * @param blocked strides of the layout
 */
record Blocking(long[] dims, long[] plain, long[] blocked) {
    /** Null when the layout has padding, or is not made of blocks. */
    static Blocking of(memory.desc plain, memory.desc layout) {
        int outer = layout.get_ndims();
        int inner = layout.get_inner_nblks();
        long[] sizes = values(plain.get_padded_dims(), outer);
        if (layout.get_format_kind().value != memory.format_kind.blocked.value
                || plain.get_inner_nblks() != 0
                || !Arrays.equals(sizes, values(layout.get_padded_dims(), outer))) {
            return null;
        }
        long[] blocks = values(layout.get_inner_blks(), inner);
        long[] owners = values(layout.get_inner_idxs(), inner);
        long[] dims = Arrays.copyOf(sizes, outer + inner);
        long[] from = Arrays.copyOf(values(plain.get_strides(), outer), outer + inner);
        long[] to = Arrays.copyOf(values(layout.get_strides(), outer), outer + inner);
        long within = 1;
        for (int i = inner - 1; i >= 0; i--) {
            int owner = (int) owners[i];
            dims[owner] /= blocks[i];
            dims[outer + i] = blocks[i];
            from[outer + i] = from[owner];
            from[owner] *= blocks[i];
            to[outer + i] = within;
            within *= blocks[i];
        }
        return new Blocking(dims, from, to);
    }

    /** Moves values of two bytes from the plain array into the layout. */
    Operation pack(Dnnl dnnl) {
        return dnnl.reorder(desc(plain), desc(blocked), PostOps.none());
    }

    /** And back. */
    Operation unpack(Dnnl dnnl) {
        return dnnl.reorder(desc(blocked), desc(plain), PostOps.none());
    }

    private memory.desc desc(long[] strides) {
        return Dnnl.strided(DType.BF16, dims, strides);
    }

    private static long[] values(LongPointer pointer, int count) {
        long[] values = new long[count];
        if (count > 0) {
            pointer.get(values);
        }
        return values;
    }
}
