package org.loraspark.tensor.onednn;

import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.LongPointer;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * A row-major or strided array and the same array in one of oneDNN's blocked layouts, both written with plain strides
 * over more dimensions: each inner block of the layout becomes a dimension. So values of two bytes can be moved between
 * the two without a change of bits, which oneDNN's own moves do not promise on every processor.
 *
 * @param dims the outer dimensions, then the inner blocks
 * @param plain strides of the array without blocks
 * @param from where it begins, in values
 * @param blocked strides of the layout
 * @param to where it begins, in values
 */
record Blocking(long[] dims, long[] plain, long from, long[] blocked, long to) {
    /**
     * An array is one rectangle, or where a dimension does not fill its last block, two, and the rest of the layout is
     * padding. Empty when the layout is not made of blocks.
     */
    static List<Blocking> of(memory.desc plain, memory.desc layout) {
        int outer = layout.get_ndims();
        int inner = layout.get_inner_nblks();
        if (layout.get_format_kind().value != memory.format_kind.blocked.value || plain.get_inner_nblks() != 0) {
            return List.of();
        }
        long[] sizes = values(plain.get_dims(), outer);
        long[] blocks = values(layout.get_inner_blks(), inner);
        long[] owners = values(layout.get_inner_idxs(), inner);
        long[] dims = Arrays.copyOf(sizes, outer + inner);
        long[] from = Arrays.copyOf(values(plain.get_strides(), outer), outer + inner);
        long[] to = Arrays.copyOf(values(layout.get_strides(), outer), outer + inner);
        long within = 1;
        for (int i = inner - 1; i >= 0; i--) {
            int owner = (int) owners[i];
            dims[owner] = (dims[owner] + blocks[i] - 1) / blocks[i];
            dims[outer + i] = blocks[i];
            from[outer + i] = from[owner];
            from[owner] *= blocks[i];
            to[outer + i] = within;
            within *= blocks[i];
        }
        List<Blocking> parts = List.of(new Blocking(dims, from, 0, to, 0));
        long[] padded = values(layout.get_padded_dims(), outer);
        for (int i = 0; i < inner; i++) {
            long owner = owners[i];
            int dim = (int) owner;
            if (sizes[dim] != padded[dim]) {
                if (Arrays.stream(owners).filter(other -> other == owner).count() > 1) {
                    return List.of();
                }
                parts = cut(parts, dim, outer + i, sizes[dim] % blocks[i]);
            }
        }
        return parts;
    }

    /** Cuts the last block of a dimension off, which has only so many values. */
    private static List<Blocking> cut(List<Blocking> parts, int dim, int block, long rest) {
        List<Blocking> more = new ArrayList<>();
        for (Blocking part : parts) {
            long full = part.dims[dim] - 1;
            if (full > 0) {
                long[] dims = part.dims.clone();
                dims[dim] = full;
                more.add(new Blocking(dims, part.plain, part.from, part.blocked, part.to));
            }
            long[] dims = part.dims.clone();
            dims[dim] = 1;
            dims[block] = rest;
            more.add(new Blocking(
                    dims,
                    part.plain,
                    part.from + full * part.plain[dim],
                    part.blocked,
                    part.to + full * part.blocked[dim]));
        }
        return more;
    }

    /** Moves values of two bytes from the plain array into the layout. */
    void pack(NdTensor array, long first, NdTensor layout, long firstThere) {
        new Move(dims, plain, blocked).run(shorts(array), first + from, shorts(layout), firstThere + to);
    }

    /** And back. */
    void unpack(NdTensor layout, long first, NdTensor array, long firstThere) {
        new Move(dims, blocked, plain).run(shorts(layout), first + to, shorts(array), firstThere + from);
    }

    private static ShortBuffer shorts(NdTensor x) {
        return NativeFloats.bytes(x.address(), x.size() * Short.BYTES).asShortBuffer();
    }

    /** Goes through the target in its own order, the outermost dimension shared among threads. */
    private record Move(long[] dims, long[] source, long[] target) {
        void run(ShortBuffer from, long first, ShortBuffer to, long firstThere) {
            int[] order = IntStream.range(0, dims.length)
                    .boxed()
                    .sorted(Comparator.comparingLong((Integer dim) -> -target[dim]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            int outermost = order[0];
            IntStream.range(0, (int) dims[outermost])
                    .parallel()
                    .forEach(i -> run(
                            from,
                            (int) (first + i * source[outermost]),
                            to,
                            (int) (firstThere + i * target[outermost]),
                            order,
                            1));
        }

        private void run(ShortBuffer from, int read, ShortBuffer to, int write, int[] order, int depth) {
            int size = (int) dims[order[depth]];
            int sourceStep = (int) source[order[depth]];
            int targetStep = (int) target[order[depth]];
            if (depth == order.length - 1) {
                for (int i = 0; i < size; i++) {
                    to.put(write + i * targetStep, from.get(read + i * sourceStep));
                }
            } else {
                for (int i = 0; i < size; i++) {
                    run(from, read + i * sourceStep, to, write + i * targetStep, order, depth + 1);
                }
            }
        }
    }

    private static long[] values(LongPointer pointer, int count) {
        long[] values = new long[count];
        if (count > 0) {
            pointer.get(values);
        }
        return values;
    }
}
