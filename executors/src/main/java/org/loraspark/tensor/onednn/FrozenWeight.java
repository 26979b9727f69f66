package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * A frozen array in the layouts that primitives asked for. It begins as the file has it; the first primitive that uses
 * it names a layout, into which it is moved, and the layout of the input gradient is made from that one at its first
 * use. Nothing is moved again in later steps. Shared by all engines of a process.
 */
final class FrozenWeight {
    /** What a primitive does with a weight; each has its own dimensions and layouts. */
    enum Role {
        FORWARD,
        BACKWARD
    }

    private record Packed(Role role, Layout layout, NdTensor values) {}

    private final DType dtype;
    private final memory.desc[] plainLayouts;
    private final List<Packed> packed = new ArrayList<>();
    private NdTensor plain;

    /**
     * @param plain the values in the file's order; taken over
     * @param forward how a forward primitive sees them
     * @param backward how the primitive of the input gradient sees them
     */
    FrozenWeight(NdTensor plain, memory.desc forward, memory.desc backward) {
        this.plain = plain;
        this.dtype = plain.dtype();
        this.plainLayouts = new memory.desc[] {forward, backward};
    }

    /** The layout that the weight already has for a role, or null. */
    synchronized Layout layout(Role role) {
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
        NdTensor source = plain == null ? unpacked(dnnl) : plain;
        NdTensor target = allocate(layout.desc());
        move(dnnl, plainLayouts[role.ordinal()], source, layout.desc(), target);
        packed.add(new Packed(role, layout, target));
        source.dispose();
        plain = null;
        return target.address();
    }

    private NdTensor unpacked(Dnnl dnnl) {
        Packed first = packed.get(0);
        memory.desc file = plainLayouts[first.role().ordinal()];
        NdTensor values = allocate(file);
        move(dnnl, first.layout().desc(), first.values(), file, values);
        return values;
    }

    private NdTensor allocate(memory.desc layout) {
        return Memory.permanent(dtype, layout.get_size() / dtype.bytes());
    }

    private static void move(Dnnl dnnl, memory.desc from, NdTensor source, memory.desc to, NdTensor target) {
        try (Operation reorder = dnnl.reorder(from, to, PostOps.none())) {
            reorder.run(source.address(), target.address());
        }
    }
}
