package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;
import org.loraspark.tensor.onednn.AttentionShape.Corner;
import org.loraspark.tensor.onednn.AttentionShape.Part;

/** One call of attention at work: the layouts that its products ask for, and the buffers between them. */
final class AttentionPass implements AutoCloseable {
    /** The right operand of a product over some heads: copied into the layout that the product asks for, or as it lies. */
    static final class Packed {
        private final memory.desc layout;
        private final NdTensor buffer;
        private long address;

        /** @param buffer null when it is not copied */
        Packed(memory.desc layout, NdTensor buffer) {
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

    private NdTensor wideRows;
    private NdTensor wideResult;

    AttentionPass(Dnnl context, Memory memory, AttentionShape whole) {
        this.context = context;
        this.memory = memory;
        this.whole = whole;
        operations = new AttentionOperations(context);
        once = whole.run() == whole.queries();
    }

    private boolean fills() {
        return whole.padded() != whole.width();
    }

    /** Room for {@link AttentionShape#padded} values of each of so many tokens. */
    private NdTensor wide(long tokens) {
        NdTensor wide = buffer(whole.type(), whole.heads() * whole.padded() * tokens);
        if (fills()) {
            Transfers.zero(wide);
        }
        return wide;
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
    Packed columns() {
        return once
                ? new Packed(whole.upright(whole.keys()), null)
                : packed(operations.scores(whole, 1, false, whole.any(whole.width(), whole.keys())));
    }

    /** For what {@link AttentionOperations#weigh} multiplies with. */
    Packed rows() {
        return once && !fills()
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
        packColumns(new Part(0, whole), x, at, to);
    }

    /** The same of a part's tokens. */
    void packColumns(Part part, NdTensor x, Corner at, Packed to) {
        AttentionShape s = part.shape();
        long from = s.address(x, at, part.from());
        if (to.buffer == null) {
            to.address = from;
            return;
        }
        operations
                .reorder(s.key("packColumns", 0), () -> s.upright(s.keys()), to::layout)
                .run(from, to.address);
    }

    /** Copies the corner's heads of x, filled up with zeros. */
    void packRows(NdTensor x, Corner at, Packed to) {
        packRows(new Part(0, whole), x, at, to);
    }

    /** The same of a part's tokens. */
    void packRows(Part part, NdTensor x, Corner at, Packed to) {
        AttentionShape s = part.shape();
        long from = s.address(x, at, part.from());
        if (to.buffer == null) {
            to.address = from;
            return;
        }
        if (wideRows == null) {
            wideRows = wide(s.keys());
        }
        // In two steps: oneDNN is slow at packing strided rows, and quick at gathering rows and at packing dense ones.
        operations
                .reorder(s.key("widen", 0), () -> s.interleaved(s.keys()), () -> s.part(s.type(), s.keys(), s.padded()))
                .run(from, wideRows.address());
        operations
                .reorder(s.key("packWide", 0), () -> s.dense(s.type(), s.keys(), s.padded()), to::layout)
                .run(wideRows.address(), to.address);
    }

    /** to = scale * x packedᵀ in float32 for a block's rows of x, plus what {@code to} holds if {@code sum}. */
    void scores(AttentionShape s, NdTensor x, Corner at, Packed packed, double scale, boolean sum, NdTensor to) {
        operations.scores(s, scale, sum, packed.layout).run(s.address(x, at, at.query()), packed.address, to.address());
    }

    /** p = the softmax of a block's scores, which are overwritten. */
    void probabilities(
            AttentionShape s, NdTensor q, Corner at, Packed keys, boolean causal, NdTensor scores, NdTensor p) {
        if (causal) {
            CausalMask.write(s, at.query(), scores);
        }
        scores(s, q, at, keys, s.scale(), causal, scores);
        operations.softmax(s, p.dtype()).run(scores.address(), p.address());
    }

    /** to = p in the compute type, which may be what it is. */
    void round(AttentionShape s, NdTensor p, NdTensor to) {
        if (to != p) {
            operations.round(s).run(p.address(), to.address());
        }
    }

    /**
     * ds = p * (dp - rowsum(p * dp)). p and dp are float32: where values differ little between keys, dp does too, and the
     * difference would be made of nothing but roundings.
     */
    void softmaxBackward(AttentionShape s, NdTensor p, NdTensor dp, NdTensor ds) {
        operations.softmaxBackward(s).run(p.address(), dp.address(), ds.address());
    }

    /** A block's rows of {@code to} = scale * weights packed. */
    void weigh(AttentionShape s, NdTensor weights, Packed packed, double scale, NdTensor to, Corner at) {
        Operation product = operations.weigh(s, scale, packed.layout);
        long target = s.address(to, at, at.query());
        if (!fills()) {
            product.run(weights.address(), packed.address, target);
        } else {
            if (wideResult == null) {
                wideResult = wide(whole.run());
            }
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
        unload(new Part(0, whole), sums, to, at);
    }

    /** The same of a part's tokens. */
    void unload(Part part, NdTensor sums, NdTensor to, Corner at) {
        AttentionShape s = part.shape();
        operations
                .reorder(s.key("unload", 0), () -> s.dense(DType.F32, s.width(), s.keys()), () -> s.upright(s.keys()))
                .run(sums.address(), s.address(to, at, part.from()));
    }

    @Override
    public void close() {
        buffers.forEach(memory::release);
    }
}
