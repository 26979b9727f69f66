package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.javacpp.Pointer;

/**
 * A compiled primitive and its arguments, run on whatever addresses they have now. Goes through oneDNN's C calls: their
 * C++ wrapping makes a map for every run.
 */
final class Operation implements AutoCloseable {
    static final int SRC = dnnl.DNNL_ARG_SRC;
    static final int SRC_1 = dnnl.DNNL_ARG_SRC_1;
    static final int DST = dnnl.DNNL_ARG_DST;
    static final int WEIGHTS = dnnl.DNNL_ARG_WEIGHTS;
    static final int BIAS = dnnl.DNNL_ARG_BIAS;
    static final int DIFF_SRC = dnnl.DNNL_ARG_DIFF_SRC;
    static final int DIFF_DST = dnnl.DNNL_ARG_DIFF_DST;
    static final int MEAN = dnnl.DNNL_ARG_MEAN;
    static final int VARIANCE = dnnl.DNNL_ARG_VARIANCE;
    static final int SCALE = dnnl.DNNL_ARG_SCALE;
    static final int SHIFT = dnnl.DNNL_ARG_SHIFT;
    static final int FROM = dnnl.DNNL_ARG_FROM;
    static final int TO = dnnl.DNNL_ARG_TO;

    /** A pointer that is aimed anew for every call, so that a call allocates nothing. */
    private static final class Address extends Pointer {
        void aim(long to) {
            address = to;
        }
    }

    private final Dnnl context;
    private final String implementation;
    private final primitive primitive;
    private final dnnl_primitive handle;
    private final long scratchBytes;
    private final List<Integer> arguments = new ArrayList<>();
    private final List<memory> memories = new ArrayList<>();
    private final Address address = new Address();
    private dnnl_memory[] handles;
    private boolean alone;
    private Layout weights;
    private dnnl_exec_arg_t table;

    Operation(Dnnl context, primitive_desc_base descriptor, primitive primitive) {
        this.context = context;
        this.implementation = descriptor.impl_info_str().getString();
        this.primitive = primitive;
        this.handle = primitive.get();
        memory.desc scratchpad = descriptor.scratchpad_desc();
        this.scratchBytes = scratchpad.get_size();
        if (scratchBytes > 0) {
            with(dnnl.DNNL_ARG_SCRATCHPAD, scratchpad);
        }
    }

    /** The next argument; {@link #run} takes addresses in the order of these calls. */
    Operation with(int argument, memory.desc layout) {
        arguments.add(argument);
        memories.add(new memory(layout, Dnnl.CPU, new Pointer()));
        return this;
    }

    /** The post-ops' operands as the next arguments. */
    Operation with(PostOps postOps) {
        postOps.operands().forEach(operand -> with(operand.argument(), operand.layout()));
        return this;
    }

    /** Whether oneDNN has no fast code for what was asked, only loops, many times slower. */
    boolean isReference() {
        return implementation.startsWith("ref");
    }

    /** Whether this is oneDNN's older matrix product, which shares sums among threads. */
    boolean sharesSums() {
        return implementation.startsWith("gemm");
    }

    /** Runs in one thread from now on. */
    Operation alone() {
        alone = true;
        return this;
    }

    /** The layout in which the operation wants its frozen weight. */
    Layout weights() {
        return weights;
    }

    Operation weights(memory.desc layout) {
        return weights(Layout.of(layout));
    }

    Operation weights(Layout layout) {
        weights = layout;
        return this;
    }

    void run(long... addresses) {
        if (table == null) {
            link();
        }
        int i = 0;
        if (scratchBytes > 0) {
            aim(i++, context.scratch(scratchBytes));
        }
        for (long to : addresses) {
            aim(i++, to);
        }
        if (i != handles.length) {
            throw new IllegalArgumentException("expected " + handles.length + " arguments, got " + i);
        }
        check(alone ? Isa.withThreads(1, this::execute) : execute());
    }

    private int execute() {
        return dnnl.dnnl_primitive_execute(handle, context.streamHandle, handles.length, table);
    }

    private void link() {
        int count = memories.size();
        handles = new dnnl_memory[count];
        table = new dnnl_exec_arg_t(count);
        for (int i = 0; i < count; i++) {
            handles[i] = memories.get(i).get();
            table.position(i).arg(arguments.get(i)).memory(handles[i]);
        }
        table.position(0);
    }

    private void aim(int i, long to) {
        address.aim(to);
        check(dnnl.dnnl_memory_set_data_handle(handles[i], address));
    }

    private static void check(int status) {
        if (status != dnnl.dnnl_success) {
            throw new IllegalStateException("oneDNN returned status " + status);
        }
    }

    @Override
    public void close() {
        memories.forEach(Pointer::close);
        primitive.close();
        if (table != null) {
            table.close();
        }
    }
}
