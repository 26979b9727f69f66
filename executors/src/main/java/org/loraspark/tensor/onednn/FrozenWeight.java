package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * A frozen array in the layouts that primitives ask for. It stays in its file until the first primitive that uses it
 * names a layout; the layout of the input gradient is made from that one at its first use. Unless memory is short, no
 * layout is made twice. Shared by all engines of a process.
 */
final class FrozenWeight {
    /** What a primitive does with a weight; each has its own dimensions and layouts. */
    enum Role {
        FORWARD,
        BACKWARD
    }

    /** What is kept in memory. */
    enum Keep {
        /** A layout for either direction. */
        BOTH,
        /** The order of the file, which serves both. */
        FILE_ORDER,
        /** The layout of the forward direction; the other is made from it at each use. */
        FORWARD_ONLY
    }

    /**
     * Types of a weight.
     *
     * @param read what primitives are given
     * @param held what is kept: the same, or the file's type of two bytes
     */
    record Types(DType read, DType held) {}

    /** Where values lie, and in which type. */
    record Held(long address, DType type) {}

    private record Packed(Role role, Layout layout, NdTensor values) {}

    private final Types types;
    private final Keep keep;
    private final WeightArena arena;
    private final Layout[] fileLayouts;
    private final List<Packed> packed = new ArrayList<>();
    private WeightSource source;

    /** The values as they lie in the file, if they are kept so. */
    private NdTensor plain;

    /**
     * @param source read at the first use, and not again
     * @param forward how a forward primitive sees values in the file's order
     * @param backward how the primitive of the input gradient sees them
     */
    FrozenWeight(
            WeightSource source, Types types, Keep keep, WeightArena arena, memory.desc forward, memory.desc backward) {
        this.source = source;
        this.types = types;
        this.keep = keep;
        this.arena = arena;
        this.fileLayouts = new Layout[] {Layout.of(forward), Layout.of(backward)};
    }

    /** What primitives are given. */
    DType type() {
        return types.read();
    }

    /** Whether the file's values of two bytes are kept, for an engine of more. */
    boolean isHalf() {
        return types.held() != types.read();
    }

    /** The layout of so many rows that the weight already has for a role, or null. */
    synchronized Layout layout(Role role, int rows) {
        if (keep == Keep.FILE_ORDER) {
            return fileLayouts[role.ordinal()];
        }
        for (Packed one : packed) {
            if (one.role() == role && one.layout().rows() == rows) {
                return one.layout();
            }
        }
        return null;
    }

    /** Where the values lie in the given layout, at least until the next call with the same {@code dnnl}. */
    synchronized long address(Role role, Layout layout, Dnnl dnnl) {
        NdTensor kept = kept(role, layout, dnnl);
        return kept == null ? turned(layout, dnnl) : readable(kept, dnnl);
    }

    /** The same without a conversion: values of {@link Types#read} or of {@link Types#held}. */
    synchronized Held held(Role role, Layout layout, Dnnl dnnl) {
        NdTensor kept = kept(role, layout, dnnl);
        return kept == null ? new Held(turned(layout, dnnl), types.read()) : new Held(kept.address(), kept.dtype());
    }

    /** The values as they lie in the file, in the type that they are held in. */
    synchronized Held inFile(Dnnl dnnl) {
        NdTensor values = inFileOrder(dnnl);
        return new Held(values.address(), values.dtype());
    }

    /** Packs the values when they are not yet, or returns null when their layout is to be made from another each time. */
    private NdTensor kept(Role role, Layout layout, Dnnl dnnl) {
        for (Packed one : packed) {
            if (one.role() == role && one.layout() == layout) {
                return one.values();
            }
        }
        if (layout == fileLayouts[role.ordinal()]) {
            return inFileOrder(dnnl);
        }
        if (keep == Keep.FORWARD_ONLY && role == Role.BACKWARD && forward(layout.rows()) != null) {
            return null;
        }
        return pack(role, layout, dnnl);
    }

    private long turned(Layout layout, Dnnl dnnl) {
        Packed forward = forward(layout.rows());
        return dnnl.turned(readable(forward.values(), dnnl), forward.layout(), layout);
    }

    private Packed forward(int rows) {
        for (Packed one : packed) {
            if (one.role() == Role.FORWARD && one.layout().rows() == rows) {
                return one;
            }
        }
        return null;
    }

    private long readable(NdTensor values, Dnnl dnnl) {
        return values.dtype() == types.read() ? values.address() : dnnl.halves().widened(values);
    }

    private NdTensor pack(Role role, Layout layout, Dnnl dnnl) {
        Layout inFile = fileLayouts[role.ordinal()];
        synchronized (arena) {
            List<Piece> pieces = Piece.of(types.read(), inFile, layout);
            DType type = heldIn(layout, pieces);
            NdTensor source = arena.staging(type, elements(inFile));
            restore(source, dnnl);
            NdTensor target = arena.allocate(type, elements(layout));
            if (type != types.read()) {
                // Reorders of whole arrays fill what a layout leaves between them.
                Transfers.zero(target);
            }
            pieces.forEach(piece -> piece.pack(source, target, dnnl));
            packed.add(new Packed(role, layout, target));
            return target;
        }
    }

    /** Two bytes where a layout can be filled with them. */
    private DType heldIn(Layout layout, List<Piece> pieces) {
        boolean rounded = !packed.isEmpty() && packed.get(0).values().dtype() != types.held();
        return !isHalf() || !rounded && pieces.get(0).movesAnyType() && Halves.canWiden(elements(layout))
                ? types.held()
                : types.read();
    }

    private NdTensor inFileOrder(Dnnl dnnl) {
        synchronized (arena) {
            if (plain == null) {
                NdTensor values = arena.allocate(types.held(), elements(fileLayouts[0]));
                restore(values, dnnl);
                plain = values;
            }
            return plain;
        }
    }

    /** Writes the values in the file's order, in the type of {@code to}. */
    private void restore(NdTensor to, Dnnl dnnl) {
        if (plain != null && plain.dtype() == to.dtype()) {
            FileValues.copy(plain, to);
        } else if (plain != null) {
            dnnl.halves().widen(plain, to.address());
        } else if (packed.isEmpty()) {
            source.read(to, dnnl);
            source = null;
        } else {
            Packed first = packed.get(0);
            Layout inFile = fileLayouts[first.role().ordinal()];
            List<Piece> pieces = Piece.of(types.read(), inFile, first.layout());
            if (first.values().dtype() == to.dtype()) {
                pieces.forEach(piece -> piece.unpack(first.values(), to, dnnl));
            } else {
                long wide = readable(first.values(), dnnl);
                pieces.forEach(piece -> piece.unpack(wide, to, dnnl));
            }
        }
    }

    private long elements(Layout layout) {
        return layout.bytes() / types.read().bytes();
    }
}
