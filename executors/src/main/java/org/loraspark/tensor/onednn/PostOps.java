package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.loraspark.tensor.KernelChecks;

/**
 * What an operation does to its result before it is stored, in the order of the calls. Operands of {@link #add} and
 * {@link #multiply} come after the operation's own arguments, in the same order.
 */
final class PostOps {
    /** One more argument of the operation. */
    record Operand(int argument, memory.desc layout) {}

    private final post_ops ops = new post_ops();
    private final List<Operand> operands = new ArrayList<>();

    static PostOps none() {
        return new PostOps();
    }

    /** dst += the result. */
    PostOps sum() {
        ops.append_sum();
        return this;
    }

    /** Adds {@link #sum} for a beta of 1, nothing for 0. */
    PostOps accumulate(double beta) {
        KernelChecks.requireZeroOrOne(beta);
        return beta == 0 ? this : sum();
    }

    PostOps scale(double alpha) {
        return alpha == 1 ? this : eltwise(dnnl.algorithm.eltwise_linear, alpha, 0);
    }

    PostOps eltwise(dnnl.algorithm algorithm, double alpha, double beta) {
        ops.append_eltwise(algorithm, (float) alpha, (float) beta);
        return this;
    }

    /** Plus an operand, whose dimensions of one repeat. */
    PostOps add(memory.desc operand) {
        return binary(dnnl.algorithm.binary_add, operand);
    }

    PostOps multiply(memory.desc operand) {
        return binary(dnnl.algorithm.binary_mul, operand);
    }

    PostOps binary(dnnl.algorithm algorithm, memory.desc operand) {
        int index = ops.len();
        ops.append_binary(algorithm, operand);
        operands.add(
                new Operand(dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (index + 1) | dnnl.DNNL_ARG_SRC_1, operand));
        return this;
    }

    List<Operand> operands() {
        return operands;
    }

    /** With the scratchpad in the engine's hands. */
    primitive_attr attributes() {
        primitive_attr attributes = new primitive_attr();
        attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
        attributes.set_post_ops(ops);
        return attributes;
    }
}
