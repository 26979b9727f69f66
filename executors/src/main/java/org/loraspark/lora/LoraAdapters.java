package org.loraspark.lora;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.nn.Adapters;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Tensor;

/**
 * An adapter's matrices in an engine: h = W x + scale * B (A x), with gradients of A and B (Hu et al. 2021, section
 * 4.1). Values and gradients are one flat tensor of the engine's master type each, in the layout's order, and belong to
 * the scope that was open when they were made. An engine that computes in a smaller type works on a rounded copy of the
 * values; its products are added to the gradients in the master type.
 */
public final class LoraAdapters {
    private record Pair(Tensor down, Tensor up, Tensor downGrad, Tensor upGrad, double scale) {}

    private final Engine engine;
    private final LoraLayout layout;
    private final Tensor values;

    /** The values in the compute type; the values themselves where that is the master type. */
    private final Tensor operands;

    private final Tensor grads;
    private final List<Pair> pairs = new ArrayList<>();

    /** Room for an adapter of the given layout at full strength, all zero. */
    public LoraAdapters(Engine engine, LoraLayout layout) {
        this(engine, layout, 1, 1);
    }

    /** An adapter for inference, its scales multiplied by a strength for each model. */
    public LoraAdapters(Engine engine, LoraWeights weights, double unetStrength, double textEncoderStrength) {
        this(engine, weights.layout(), unetStrength, textEncoderStrength);
        load(weights.values());
    }

    private LoraAdapters(Engine engine, LoraLayout layout, double unetStrength, double textEncoderStrength) {
        this.engine = engine;
        this.layout = layout;
        this.values = engine.empty(engine.master(), layout.size());
        this.operands = engine.compute() == engine.master() ? values : engine.empty(layout.size());
        this.grads = engine.empty(engine.master(), layout.size());
        engine.fill(values, 0);
        engine.fill(operands, 0);
        engine.fill(grads, 0);
        for (int i = 0; i < layout.modules().size(); i++) {
            LoraModule m = layout.modules().get(i);
            pairs.add(new Pair(
                    operands.slice(layout.downOffset(i), m.rank(), m.in()),
                    operands.slice(layout.upOffset(i), m.out(), m.rank()),
                    grads.slice(layout.downOffset(i), m.rank(), m.in()),
                    grads.slice(layout.upOffset(i), m.out(), m.rank()),
                    m.scale() * (m.isUnet() ? unetStrength : textEncoderStrength)));
        }
    }

    public LoraLayout layout() {
        return layout;
    }

    public void load(float[] parameters) {
        engine.write(values, parameters);
        if (operands != values) {
            engine.copy(values, operands);
        }
    }

    /** The sum of the gradients since {@link #clearGradients}. */
    public float[] gradients() {
        return engine.read(grads);
    }

    public void clearGradients() {
        engine.fill(grads, 0);
    }

    /** The adapter on one tape. */
    public Adapters on(Tape tape, RankDropout dropout) {
        Var[] downs = new Var[pairs.size()];
        Var[] ups = new Var[pairs.size()];
        for (int i = 0; i < downs.length; i++) {
            downs[i] = tape.parameter(pairs.get(i).down(), pairs.get(i).downGrad());
            ups[i] = tape.parameter(pairs.get(i).up(), pairs.get(i).upGrad());
        }
        return (layer, x, y) -> {
            int i = layout.indexOf(layer);
            return i < 0 ? y : adapt(x, y, downs[i], ups[i], i, dropout);
        };
    }

    /** y += scale * (x Aᵀ ∘ mask) Bᵀ in place, N rows. */
    private Var adapt(Var x, Var y, Var down, Var up, int module, RankDropout dropout) {
        Tape tape = x.tape();
        double scale = pairs.get(module).scale();
        LoraModule m = layout.modules().get(module);
        long rows = x.size() / m.in();

        Tensor hidden = engine.empty(rows, m.rank()); // [N, rank]
        engine.gemm(x.value().reshape(rows, m.in()), false, down.value(), true, hidden, 1, 0);
        Var mask = dropout.active()
                ? tape.output(engine.upload(dropout.mask(module, rows, m.rank()), rows, m.rank()))
                : null;
        Var kept = tape.output(mask == null ? hidden : engine.multiply(hidden, mask.value()));
        engine.gemm(kept.value(), false, up.value(), true, y.value().reshape(rows, m.out()), scale, 1);
        return tape.record(
                tape.outputIn(y, y.shape(), x, y, down, up),
                dy -> {
                    Tensor dy2 = dy.reshape(rows, m.out());
                    tape.into(up, (dUp, beta) -> engine.gemm(dy2, true, kept.value(), false, dUp, scale, beta));
                    Tensor dKept = engine.empty(rows, m.rank());
                    engine.gemm(dy2, false, up.value(), false, dKept, scale, 0);
                    Tensor dHidden = mask == null ? dKept : engine.multiply(dKept, mask.value());
                    Tensor x2 = x.value().reshape(rows, m.in());
                    tape.into(down, (dDown, beta) -> engine.gemm(dHidden, true, x2, false, dDown, 1, beta));
                    tape.into(
                            x,
                            (dx, beta) -> engine.gemm(
                                    dHidden, false, down.value(), false, dx.reshape(rows, m.in()), 1, beta));
                    tape.move(y, dy);
                },
                mask == null ? new Var[] {x, kept} : new Var[] {x, kept, mask});
    }
}
