package org.loraspark.lora;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.loraspark.UserError;

/**
 * Several adapters as one, and one adapter at another rank. The merged adapter's update is
 *
 * <pre>delta W = sum_i ratio_i * alpha_i / rank_i * up_i down_i</pre>
 *
 * exactly (to float32 rounding) by {@link #concatenate}, whose rank is the sum of the ranks, and the nearest matrix of a
 * lower rank by {@link #reduce}. Adding the ups and the downs separately, as is often done, gives cross terms and
 * squared ratios instead.
 */
public final class Merging {
    private Merging() {}

    /** An adapter and how much of it goes into the merge. */
    public record Part(LoraWeights weights, double ratio) {}

    /**
     * A reduced adapter.
     *
     * @param keptShare Frobenius norm of the new update over that of the old one, all modules together
     */
    public record Reduced(LoraWeights weights, double keptShare) {}

    /**
     * Stacks the parts of each module along the rank, with {@code ratio * scale} folded into each up once and alpha equal
     * to the new rank. A module that only some parts have is kept.
     */
    public static LoraWeights concatenate(List<Part> parts) {
        Map<String, List<Source>> byName = new LinkedHashMap<>();
        for (Part part : parts) {
            List<LoraModule> modules = part.weights().layout().modules();
            for (int m = 0; m < modules.size(); m++) {
                LoraModule module = modules.get(m);
                byName.computeIfAbsent(module.name(), name -> new ArrayList<>())
                        .add(new Source(module, part.weights(), m, part.ratio()));
            }
        }
        return build(byName.values().stream().map(Merging::stack).toList());
    }

    /** The nearest update of a lower rank, module by module; each module's scale stays as it is. */
    public static Reduced reduce(LoraWeights weights, RankRule rule) {
        List<LoraModule> modules = weights.layout().modules();
        List<Cut> cuts = IntStream.range(0, modules.size())
                .parallel()
                .mapToObj(m -> cut(modules.get(m), weights, m, rule))
                .toList();
        double total = cuts.stream().mapToDouble(Cut::total).sum();
        double kept = cuts.stream().mapToDouble(Cut::kept).sum();
        return new Reduced(build(cuts.stream().map(Cut::factors).toList()), total == 0 ? 1 : Math.sqrt(kept / total));
    }

    /**
     * W + ratio * alpha / rank * up down for one module.
     *
     * @param base W {@code [out, in]}, row-major; not changed
     */
    public static float[] intoBase(float[] base, LoraWeights weights, int module, double ratio) {
        LoraModule m = weights.layout().modules().get(module);
        int out = Math.toIntExact(m.out());
        int in = Math.toIntExact(m.in());
        if (base.length != Math.multiplyExact(out, in)) {
            throw new UserError("module " + m.name() + " of the adapter is " + out + "x" + in
                    + ", but the base's weight has " + base.length + " values; the adapter is for another model");
        }
        float[] up = weights.up(module);
        float[] down = weights.down(module);
        float[] merged = new float[base.length];
        double[] row = new double[in];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                row[i] = base[o * in + i];
            }
            for (int r = 0; r < m.rank(); r++) {
                double weight = ratio * m.scale() * up[o * m.rank() + r];
                for (int i = 0; i < in; i++) {
                    row[i] += weight * down[r * in + i];
                }
            }
            for (int i = 0; i < in; i++) {
                merged[o * in + i] = (float) row[i];
            }
        }
        return merged;
    }

    private record Source(LoraModule module, LoraWeights weights, int index, double ratio) {}

    /** A module with its down {@code [rank, in]} and up {@code [out, rank]}. */
    private record Factors(LoraModule module, float[] down, float[] up) {}

    /** A reduced module with the squared Frobenius norms of its update before and after. */
    private record Cut(Factors factors, double total, double kept) {}

    private static Factors stack(List<Source> sources) {
        LoraModule first = sources.get(0).module();
        int rank = 0;
        for (Source source : sources) {
            LoraModule m = source.module();
            if (m.in() != first.in() || m.out() != first.out() || m.kind() != first.kind()) {
                throw new UserError(
                        "module " + m.name() + " is " + first.out() + "x" + first.in() + " in one adapter and "
                                + m.out() + "x" + m.in() + " in another; they are for different base models");
            }
            rank += m.rank();
        }
        int in = Math.toIntExact(first.in());
        int out = Math.toIntExact(first.out());
        float[] down = new float[rank * in];
        float[] up = new float[out * rank];
        int at = 0;
        for (Source source : sources) {
            LoraModule m = source.module();
            float[] partDown = source.weights().down(source.index());
            float[] partUp = source.weights().up(source.index());
            System.arraycopy(partDown, 0, down, at * in, partDown.length);
            for (int o = 0; o < out; o++) {
                for (int r = 0; r < m.rank(); r++) {
                    up[o * rank + at + r] = (float) (source.ratio() * m.scale() * partUp[o * m.rank() + r]);
                }
            }
            at += m.rank();
        }
        return new Factors(new LoraModule(first.name(), first.kind(), in, out, rank, rank), down, up);
    }

    private static Cut cut(LoraModule m, LoraWeights weights, int index, RankRule rule) {
        int in = Math.toIntExact(m.in());
        int out = Math.toIntExact(m.out());
        float[] down = weights.down(index);
        float[] up = weights.up(index);
        double[][] downRows = new double[m.rank()][in];
        double[][] upColumns = new double[m.rank()][out];
        for (int r = 0; r < m.rank(); r++) {
            for (int i = 0; i < in; i++) {
                downRows[r][i] = down[r * in + i];
            }
            for (int o = 0; o < out; o++) {
                upColumns[r][o] = up[o * m.rank() + r];
            }
        }
        LowRankProduct product = new LowRankProduct(upColumns, downRows);
        double[] s = product.singularValues();
        int rank = Math.max(1, Math.min(s.length, rule.rank(s)));
        float[] newDown = new float[rank * in];
        float[] newUp = new float[out * rank];
        double kept = 0;
        double total = 0;
        for (int r = 0; r < s.length; r++) {
            total += s[r] * s[r];
        }
        for (int r = 0; r < rank; r++) {
            kept += s[r] * s[r];
            double[] row = product.downRow(r);
            double[] column = product.upColumn(r);
            for (int i = 0; i < in; i++) {
                newDown[r * in + i] = (float) row[i];
            }
            for (int o = 0; o < out; o++) {
                newUp[o * rank + r] = (float) column[o];
            }
        }
        double scale = m.scale() * m.scale();
        LoraModule reduced = new LoraModule(m.name(), m.kind(), in, out, rank, m.scale() * rank);
        return new Cut(new Factors(reduced, newDown, newUp), scale * total, scale * kept);
    }

    private static LoraWeights build(List<Factors> factors) {
        LoraLayout layout = new LoraLayout(factors.stream().map(Factors::module).toList());
        float[] values = new float[layout.size()];
        for (int m = 0; m < factors.size(); m++) {
            float[] down = factors.get(m).down();
            float[] up = factors.get(m).up();
            System.arraycopy(down, 0, values, layout.downOffset(m), down.length);
            System.arraycopy(up, 0, values, layout.upOffset(m), up.length);
        }
        return new LoraWeights(layout, values);
    }
}
