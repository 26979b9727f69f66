package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.MappedPages;
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

    private record Packed(Role role, Layout layout, NdTensor values) {}

    private final Types types;
    private final Keep keep;
    private final WeightArena arena;
    private final MappedPages pages;
    private final Layout[] fileLayouts;
    private final List<Packed> packed = new ArrayList<>();
    private HostTensor file;

    /** The values as they lie in the file, if they are kept so. */
    private NdTensor plain;

    /**
     * @param file the values; not needed any more after the first use
     * @param forward how a forward primitive sees values in the file's order
     * @param backward how the primitive of the input gradient sees them
     */
    FrozenWeight(
            HostTensor file,
            Types types,
            Keep keep,
            WeightArena arena,
            MappedPages pages,
            memory.desc forward,
            memory.desc backward) {
        this.file = file;
        this.types = types;
        this.keep = keep;
        this.arena = arena;
        this.pages = pages;
        this.fileLayouts = new Layout[] {Layout.of(forward), Layout.of(backward)};
    }

    /** What primitives are given. */
    DType type() {
        return types.read();
    }

    /** The layout that the weight already has for a role, or null. */
    synchronized Layout layout(Role role) {
        if (keep == Keep.FILE_ORDER) {
            return fileLayouts[role.ordinal()];
        }
        for (Packed one : packed) {
            if (one.role() == role) {
                return one.layout();
            }
        }
        return null;
    }

    /** Where the values lie in the given layout, at least until the next call with the same {@code dnnl}. */
    synchronized long address(Role role, Layout layout, Dnnl dnnl) {
        Packed forward = null;
        for (Packed one : packed) {
            if (one.role() == role && one.layout() == layout) {
                return readable(one, dnnl);
            }
            if (one.role() == Role.FORWARD) {
                forward = one;
            }
        }
        Layout inFile = fileLayouts[role.ordinal()];
        if (keep == Keep.FILE_ORDER && layout == inFile) {
            return inFileOrder(dnnl);
        }
        if (keep == Keep.FORWARD_ONLY && role == Role.BACKWARD && forward != null) {
            return dnnl.turned(readable(forward, dnnl), forward.layout(), layout);
        }
        return readable(pack(role, layout, dnnl), dnnl);
    }

    private long readable(Packed one, Dnnl dnnl) {
        return one.values().dtype() == types.read()
                ? one.values().address()
                : dnnl.halves().widened(one.values());
    }

    private Packed pack(Role role, Layout layout, Dnnl dnnl) {
        Layout inFile = fileLayouts[role.ordinal()];
        synchronized (arena) {
            DType type = held(inFile, layout);
            NdTensor source = arena.staging(type, elements(inFile));
            restore(source, dnnl);
            NdTensor target = arena.allocate(type, elements(layout));
            move(dnnl, inFile, source, layout, target);
            Packed made = new Packed(role, layout, target);
            packed.add(made);
            return made;
        }
    }

    /** Two bytes where a layout can be filled with them. */
    private DType held(Layout inFile, Layout layout) {
        boolean rounded = !packed.isEmpty() && packed.get(0).values().dtype() != types.held();
        boolean asRead = types.held() == types.read();
        return asRead
                        || !rounded
                                && Blocking.of(inFile.desc(), layout.desc()) != null
                                && Halves.canWiden(elements(inFile))
                ? types.held()
                : types.read();
    }

    private long inFileOrder(Dnnl dnnl) {
        synchronized (arena) {
            if (plain == null) {
                NdTensor values = arena.allocate(types.held(), elements(fileLayouts[0]));
                restore(values, dnnl);
                plain = values;
            }
            return plain.address();
        }
    }

    /** Writes the values in the file's order, in the type of {@code to}. */
    private void restore(NdTensor to, Dnnl dnnl) {
        if (plain != null) {
            FileValues.copy(plain, to);
        } else if (packed.isEmpty()) {
            FileValues.read(file, to, dnnl);
            pages.finished(file);
            file = null;
        } else {
            Packed first = packed.get(0);
            Layout inFile = fileLayouts[first.role().ordinal()];
            if (first.values().dtype() == to.dtype()) {
                move(dnnl, first.layout(), first.values(), inFile, to);
            } else {
                reorder(dnnl, first.layout(), dnnl.halves().widened(first.values()), inFile, to.address());
            }
        }
    }

    private long elements(Layout layout) {
        return layout.desc().get_size() / types.read().bytes();
    }

    private void move(Dnnl dnnl, Layout from, NdTensor source, Layout to, NdTensor target) {
        if (source.dtype() == types.read()) {
            reorder(dnnl, from, source.address(), to, target.address());
            return;
        }
        boolean packing = from.desc().get_inner_nblks() == 0;
        Blocking blocking = packing ? Blocking.of(from.desc(), to.desc()) : Blocking.of(to.desc(), from.desc());
        try (Operation copy = packing ? blocking.pack(dnnl) : blocking.unpack(dnnl)) {
            copy.run(source.address(), target.address());
        }
    }

    private static void reorder(Dnnl dnnl, Layout from, long source, Layout to, long target) {
        try (Operation reorder = dnnl.reorder(from.desc(), to.desc(), PostOps.none())) {
            reorder.run(source, target);
        }
    }
}
