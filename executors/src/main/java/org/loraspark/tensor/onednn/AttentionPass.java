package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionShape.Corner;

/** One call of attention at work: the layouts that its products ask for, and the buffers between them. */
final class AttentionPass implements AutoCloseable {
    /** The right operand of a product over some heads: copied into the layout that the product asks for, or as it lies. */
    static final class Packed {
        private final memory.desc layout;
        private final NdTensor buffer;
        private long address;

        private Packed(memory.desc layout, NdTensor buffer) {
            this.layout = layout;
            this.buffer = buffer;
            this.address = buffer == null ? 0 : buffer.address();
        }

        memory.desc layout() {
            return layout;
        }

        long address() {
            return address;
        }
    }

    private final Dnnl context;
    private final Memory memory;
    private final AttentionOperations operations;
    private final AttentionShape whole;
    private final List<NdTensor> buffers = new ArrayList<>();
    /** With one block, an operand is used once: a copy would not pay. */
    private final boolean once;

    private final NdTensor wideRows;
    private final NdTensor wideResult;

    AttentionPass(Dnnl context, Memory memory, AttentionShape whole) {
        this.context = context;
        this.memory = memory;
        this.whole = whole;
        operations = new AttentionOperations(context);
        once = whole.run() == whole.queries();
        boolean padded = whole.padded() != whole.width();
        long perToken = whole.heads() * whole.padded();
        wideRows = padded || !once ? buffer(whole.type(), perToken * whole.keys()) : null;
        wideResult = padded ? buffer(whole.type(), perToken * whole.run()) : null;
        if (padded) {
            Transfers.zero(wideRows);
        }
    }

    NdTensor buffer(DType type, long size) {
        NdTensor buffer = memory.empty(type, size);
        buffers.add(buffer);
        return buffer;
    }

    /** Room for one value of each score of a block. */
    NdTensor block(DType type) {
        return buffer(type, whole.scores());
    }

    /** Room for what {@link #gather} sums. */
    NdTensor sums() {
        return buffer(DType.F32, whole.heads() * whole.width() * whole.keys());
    }

    /** For what {@link AttentionOperations#scores} multiplies with. */
    Packed columns(DType result) {
        return once
                ? new Packed(whole.upright(whole.keys()), null)
                : packed(operations.scores(whole, result, 1, false, whole.any(whole.width(), whole.keys())));
    }

    /** For what {@link AttentionOperations#weigh} multiplies with. */
    Packed rows() {
        return once && wideRows == null
                ? new Packed(whole.interleaved(whole.keys()), null)
                : packed(operations.weigh(whole, 1, whole.any(whole.keys(), whole.padded())));
    }

    /** Room for a product's right operand. */
    Packed packed(Operation product) {
        memory.desc layout = product.weights().desc();
        return new Packed(
                layout, buffer(whole.type(), layout.get_size() / whole.type().bytes() + 1));
    }

    /** Copies the corner's heads of x transposed. */
    void packColumns(NdTensor x, Corner at, Packed to) {
        if (to.buffer == null) {
            to.address = whole.address(x, at, 0);
            return;
        }
        operations
                .reorder(whole.key("packColumns", 0), () -> whole.upright(whole.keys()), to::layout)
                .run(whole.address(x, at, 0), to.address);
    }

    /** Copies the corner's heads of x, filled up with zeros. */
    void packRows(NdTensor x, Corner at, Packed to) {
        long from = whole.address(x, at, 0);
        if (to.buffer == null) {
            to.address = from;
            return;
        }
        // In two steps: oneDNN is slow at packing strided rows, and quick at gathering rows and at packing dense ones.
        operations
                .reorder(
                        whole.key("widen", 0),
                        () -> whole.interleaved(whole.keys()),
                        () -> whole.part(whole.type(), whole.keys(), whole.padded()))
                .run(from, wideRows.address());
        operations
                .reorder(
                        whole.key("packWide", 0),
                        () -> whole.dense(whole.type(), whole.keys(), whole.padded()),
                        to::layout)
                .run(wideRows.address(), to.address);
    }

    /** to = scale * x packedᵀ for a block's rows of x, plus what {@code to} holds if {@code sum}. */
    void scores(AttentionShape s, NdTensor x, Corner at, Packed packed, double scale, boolean sum, NdTensor to) {
        operations
                .scores(s, to.dtype(), scale, sum, packed.layout)
                .run(s.address(x, at, at.query()), packed.address, to.address());
    }

    /** p = the softmax of a block's scores, which are overwritten. */
    void probabilities(
            AttentionShape s, NdTensor q, Corner at, Packed keys, boolean causal, NdTensor scores, NdTensor p) {
        if (causal) {
            CausalMask.write(s, at.query(), scores);
        }
        scores(s, q, at, keys, s.scale(), causal, scores);
        operations.softmax(s).run(scores.address(), p.address());
    }

    void softmaxBackward(AttentionShape s, NdTensor p, NdTensor dp, NdTensor to) {
        operations.softmaxBackward(s).run(p.address(), dp.address(), to.address());
    }

    /** A block's rows of {@code to} = scale * weights packed. */
    void weigh(AttentionShape s, NdTensor weights, Packed packed, double scale, NdTensor to, Corner at) {
        Operation product = operations.weigh(s, scale, packed.layout);
        long target = s.address(to, at, at.query());
        if (wideResult == null) {
            product.run(weights.address(), packed.address, target);
        } else {
            product.run(weights.address(), packed.address, wideResult.address());
            operations
                    .reorder(
                            s.key("narrow", 0),
                            () -> s.part(s.type(), s.run(), s.padded()),
                            () -> s.interleaved(s.run()))
                    .run(wideResult.address(), target);
        }
    }

    /** to (+)= scale * xᵀ weights, {@code [.., width, keys]}; the first block overwrites. */
    void gather(AttentionShape s, NdTensor x, Corner at, NdTensor weights, double scale, NdTensor to) {
        operations.gather(s, scale, at.query() > 0).run(s.address(x, at, at.query()), weights.address(), to.address());
    }

    /** Rounds what {@link #gather} summed into the corner's heads of a tensor. */
    void unload(NdTensor sums, NdTensor to, Corner at) {
        operations
                .reorder(
                        whole.key("unload", 0),
                        () -> whole.dense(DType.F32, whole.width(), whole.keys()),
                        () -> whole.upright(whole.keys()))
                .run(sums.address(), whole.address(to, at, 0));
    }

    @Override
    public void close() {
        buffers.forEach(memory::release);
    }
}
