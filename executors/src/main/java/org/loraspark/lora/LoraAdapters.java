package org.loraspark.lora;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.grad.Arithmetic;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.nn.Adapters;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Tensor;

/**
 * An adapter's matrices in an engine: h = W x + scale * B (A x), with gradients of A and B (Hu et al. 2021, section
 * 4.1). Values and gradients are one flat tensor of the engine's master type each, and belong to the scope that was open
 * when they were made. An engine that computes in a smaller type works on a rounded copy of the values; its products are
 * added to the gradients in the master type.
 *
 * <p>Here all A's come before all B's, so that those of neighbouring modules with one input, a layer's queries, keys and
 * values, are one matrix. Outside, parameters have the layout's order.
 */
public final class LoraAdapters {
    private final Engine engine;
    private final LoraLayout layout;
    private final int[] downOffsets;
    private final int[] upOffsets;
    private final double[] scales;
    private final float[] arranged;
    private final Tensor values;

    /** The values in the compute type; the values themselves where that is the master type. */
    private final Tensor operands;

    private final Tensor grads;

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
        this.arranged = new float[layout.size()];
        this.values = engine.empty(engine.master(), layout.size());
        this.operands = engine.compute() == engine.master() ? values : engine.empty(layout.size());
        this.grads = engine.empty(engine.master(), layout.size());
        engine.fill(values, 0);
        engine.fill(operands, 0);
        engine.fill(grads, 0);

        List<LoraModule> modules = layout.modules();
        this.downOffsets = new int[modules.size()];
        this.upOffsets = new int[modules.size()];
        this.scales = new double[modules.size()];
        int down = 0;
        int up = modules.stream()
                .mapToInt(m -> Math.toIntExact(m.rank() * m.in()))
                .sum();
        for (int i = 0; i < scales.length; i++) {
            LoraModule m = modules.get(i);
            downOffsets[i] = down;
            upOffsets[i] = up;
            scales[i] = m.scale() * (m.isUnet() ? unetStrength : textEncoderStrength);
            down += Math.toIntExact(m.rank() * m.in());
            up += Math.toIntExact(m.out() * m.rank());
        }
    }

    public LoraLayout layout() {
        return layout;
    }

    /** @param parameters in the layout's order */
    public void load(float[] parameters) {
        for (int i = 0; i < scales.length; i++) {
            int down = layout.upOffset(i) - layout.downOffset(i);
            System.arraycopy(parameters, layout.downOffset(i), arranged, downOffsets[i], down);
            System.arraycopy(
                    parameters, layout.upOffset(i), arranged, upOffsets[i], layout.end(i) - layout.upOffset(i));
        }
        engine.write(values, arranged);
        if (operands != values) {
            engine.copy(values, operands);
        }
    }

    /** The sum of the gradients since {@link #clearGradients}, in the layout's order. */
    public float[] gradients() {
        float[] read = engine.read(grads);
        float[] gradients = new float[read.length];
        for (int i = 0; i < scales.length; i++) {
            int down = layout.upOffset(i) - layout.downOffset(i);
            System.arraycopy(read, downOffsets[i], gradients, layout.downOffset(i), down);
            System.arraycopy(read, upOffsets[i], gradients, layout.upOffset(i), layout.end(i) - layout.upOffset(i));
        }
        return gradients;
    }

    public void clearGradients() {
        engine.fill(grads, 0);
    }

    /** The adapter on one tape. */
    public Adapters on(Tape tape, RankDropout dropout) {
        return (layers, x, ys) -> {
            List<Var> adapted = new ArrayList<>(ys);
            int from = 0;
            while (from < layers.size()) {
                int module = layout.indexOf(layers.get(from));
                int to = from + 1;
                while (module >= 0 && to < layers.size() && layout.indexOf(layers.get(to)) == module + to - from) {
                    to++;
                }
                if (module >= 0) {
                    adapt(tape, x, adapted.subList(from, to), module, dropout);
                }
                from = to;
            }
            return adapted;
        };
    }

    /** Replaces the outputs of neighbouring modules, {@code first} and those after it, by the adapted ones. */
    private void adapt(Tape tape, Var x, List<Var> ys, int first, RankDropout dropout) {
        int[] ranks = new int[ys.size()];
        int all = 0;
        for (int i = 0; i < ranks.length; i++) {
            ranks[i] = layout.modules().get(first + i).rank();
            all += ranks[i];
        }
        long in = layout.modules().get(first).in();
        List<Var> hidden = LoraProducts.down(x, parameter(tape, downOffsets[first], all, in), ranks);
        for (int i = 0; i < ranks.length; i++) {
            int module = first + i;
            Var h = hidden.get(i);
            if (dropout.active()) {
                float[] mask = dropout.mask(module, h.dim(0), ranks[i]);
                h = Arithmetic.masked(h, tape.output(engine.upload(mask, h.shape())));
            }
            Var up = parameter(
                    tape, upOffsets[module], layout.modules().get(module).out(), ranks[i]);
            ys.set(i, LoraProducts.up(h, ys.get(i), up, scales[module]));
        }
    }

    private Var parameter(Tape tape, int offset, long... shape) {
        return tape.parameter(operands.slice(offset, shape), grads.slice(offset, shape));
    }
}
