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
 * names a layout; the layout of the input gradient is made from that one at its first use. Nothing is moved again in
 * later steps. Shared by all engines of a process.
 */
final class FrozenWeight {
    /** What a primitive does with a weight; each has its own dimensions and layouts. */
    enum Role {
        FORWARD,
        BACKWARD
    }

    private record Packed(Role role, Layout layout, NdTensor values) {}

    private final DType dtype;
    private final WeightArena arena;
    private final MappedPages pages;
    private final Layout[] fileLayouts;
    private final List<Packed> packed = new ArrayList<>();
    private final boolean compact;
    private HostTensor file;

    /** The values as they lie in the file, of a compact weight. */
    private NdTensor plain;

    /**
     * @param file the values; not needed any more after the first use
     * @param dtype what they are packed in
     * @param compact stays in the file's order, which serves both roles
     * @param forward how a forward primitive sees values in the file's order
     * @param backward how the primitive of the input gradient sees them
     */
    FrozenWeight(
            HostTensor file,
            DType dtype,
            WeightArena arena,
            MappedPages pages,
            boolean compact,
            memory.desc forward,
            memory.desc backward) {
        this.compact = compact;
        this.file = file;
        this.dtype = dtype;
        this.arena = arena;
        this.pages = pages;
        this.fileLayouts = new Layout[] {Layout.of(forward), Layout.of(backward)};
    }

    /** The layout that the weight already has for a role, or null. */
    synchronized Layout layout(Role role) {
        if (compact) {
            return fileLayouts[role.ordinal()];
        }
        for (Packed one : packed) {
            if (one.role() == role) {
                return one.layout();
            }
        }
        return null;
    }

    /** Where the values lie in the given layout. */
    synchronized long address(Role role, Layout layout, Dnnl dnnl) {
        for (Packed one : packed) {
            if (one.role() == role && one.layout() == layout) {
                return one.values().address();
            }
        }
        Layout inFile = fileLayouts[role.ordinal()];
        if (compact && layout == inFile) {
            return inFileOrder(dnnl);
        }
        synchronized (arena) {
            NdTensor source = arena.staging(inFile.desc().get_size() / dtype.bytes());
            restore(source, dnnl);
            NdTensor target = arena.allocate(layout.desc().get_size() / dtype.bytes());
            move(dnnl, inFile, source, layout, target);
            packed.add(new Packed(role, layout, target));
            return target.address();
        }
    }

    private long inFileOrder(Dnnl dnnl) {
        synchronized (arena) {
            if (plain == null) {
                NdTensor values = arena.allocate(fileLayouts[0].desc().get_size() / dtype.bytes());
                restore(values, dnnl);
                plain = values;
            }
            return plain.address();
        }
    }

    /** Writes the values in the file's order. */
    private void restore(NdTensor to, Dnnl dnnl) {
        if (plain != null) {
            FileValues.copy(plain, to);
        } else if (!packed.isEmpty()) {
            Packed first = packed.get(0);
            move(dnnl, first.layout(), first.values(), fileLayouts[first.role().ordinal()], to);
        } else {
            FileValues.read(file, to, dnnl);
            pages.finished(file);
            file = null;
        }
    }

    private static void move(Dnnl dnnl, Layout from, NdTensor source, Layout to, NdTensor target) {
        try (Operation reorder = dnnl.reorder(from.desc(), to.desc(), PostOps.none())) {
            reorder.run(source.address(), target.address());
        }
    }
}
