package org.loraspark.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.loraspark.UserError;
import org.loraspark.lora.LoraModule.Kind;

class MergingTest {
    @Property(tries = 60)
    void concatenatedUpdateIsTheWeightedSumOfTheUpdates(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 9) int rankA,
            @ForAll @IntRange(min = 1, max = 9) int rankB,
            @ForAll @DoubleRange(min = -2, max = 2) double ratioA,
            @ForAll @DoubleRange(min = -2, max = 2) double ratioB) {
        LoraWeights a = random(seed, rankA, rankA * 0.5 + 1, "unet.x", "unet.y");
        LoraWeights b = random(seed + 1, rankB, 3.25, "unet.y", "unet.z");
        LoraWeights merged = Merging.concatenate(List.of(new Merging.Part(a, ratioA), new Merging.Part(b, ratioB)));
        assertThat(merged.layout().modules().stream().map(LoraModule::name))
                .containsExactly("unet.x", "unet.y", "unet.z");
        assertThat(merged.layout().modules())
                .allSatisfy(m -> assertThat(m.scale()).isEqualTo(1));
        assertClose(delta(merged, 0), times(delta(a, 0), ratioA), 1e-6);
        assertClose(delta(merged, 1), plus(times(delta(a, 1), ratioA), times(delta(b, 0), ratioB)), 1e-6);
        assertClose(delta(merged, 2), times(delta(b, 1), ratioB), 1e-6);
    }

    @Property(tries = 40)
    void reducingToTheFullRankKeepsTheUpdate(@ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int rank) {
        // Rank may exceed both sides (12 x 7), and the stacked copy makes the factors linearly dependent.
        LoraWeights once = random(seed, rank, rank + 2.5, "unet.x");
        LoraWeights twice = Merging.concatenate(List.of(new Merging.Part(once, 0.25), new Merging.Part(once, 0.75)));
        Merging.Reduced reduced = Merging.reduce(twice, RankRule.fixed(rank));
        assertThat(reduced.weights().layout().modules().get(0).rank()).isEqualTo(rank);
        assertThat(reduced.keptShare()).isBetween(1 - 1e-9, 1.0);
        assertClose(delta(reduced.weights(), 0), delta(once, 0), 2e-6);
    }

    @Property(tries = 40)
    void reducedUpdateMissesExactlyTheDroppedSingularValues(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int kept) {
        LoraWeights full = random(seed, 6, 1.5, "unet.x");
        Merging.Reduced reduced = Merging.reduce(full, RankRule.fixed(kept));
        LoraModule module = reduced.weights().layout().modules().get(0);
        assertThat(module.rank()).isEqualTo(kept);
        assertThat(module.scale()).isEqualTo(0.25);
        double[] before = delta(full, 0);
        double[] difference = plus(before, times(delta(reduced.weights(), 0), -1));
        double total = square(before);
        assertThat(square(difference) / total).isCloseTo(1 - reduced.keptShare() * reduced.keptShare(), offset(1e-6));
    }

    @Test
    void rankRulesCountSingularValues() {
        double[] s = {8, 4, 1, 0.5};
        assertThat(RankRule.ratio(4).rank(s)).isEqualTo(2);
        assertThat(RankRule.ratio(9).rank(s)).isEqualTo(3);
        assertThat(RankRule.frobenius(0.99).rank(s)).isEqualTo(2);
        assertThat(RankRule.frobenius(1).rank(s)).isEqualTo(4);
        assertThat(RankRule.frobenius(0.999).atMost(2).rank(s)).isEqualTo(2);
    }

    @Test
    void singularValuesOfAKnownMatrix() {
        // diag(3, 2) between a rotation and a permutation.
        double c = Math.cos(0.3);
        double n = Math.sin(0.3);
        JacobiSvd svd = JacobiSvd.of(new double[][] {{-2 * n, 2 * c}, {3 * c, 3 * n}});
        assertThat(svd.s()).containsExactly(new double[] {3, 2}, offset(1e-14));
    }

    @Test
    void zeroUpdateStaysZero() {
        LoraLayout layout = random(1, 4, 2, "unet.x").layout();
        Merging.Reduced reduced = Merging.reduce(new LoraWeights(layout, new float[layout.size()]), RankRule.ratio(2));
        assertThat(reduced.weights().layout().modules().get(0).rank()).isEqualTo(1);
        assertThat(reduced.weights().values()).containsOnly(0f);
        assertThat(reduced.keptShare()).isEqualTo(1);
    }

    @Test
    void adaptersOfDifferentModelsAreRefused() {
        LoraWeights a = random(1, 2, 1, "unet.x");
        LoraModule other = new LoraModule("unet.x", Kind.LINEAR, 9, 12, 2, 1);
        LoraWeights b = new LoraWeights(new LoraLayout(List.of(other)), new float[2 * 21]);
        assertThatThrownBy(() -> Merging.concatenate(List.of(new Merging.Part(a, 1), new Merging.Part(b, 1))))
                .isInstanceOf(UserError.class)
                .hasMessage("module unet.x is 12x7 in one adapter and 12x9 in another; they are for different base"
                        + " models");
        assertThatThrownBy(() -> Merging.intoBase(new float[5], a, 0, 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("is for another model");
    }

    /** Modules of 12 x 7. */
    private static LoraWeights random(long seed, int rank, double alpha, String... names) {
        List<LoraModule> modules = new ArrayList<>();
        for (String name : names) {
            modules.add(new LoraModule(name, Kind.LINEAR, 7, 12, rank, alpha));
        }
        LoraLayout layout = new LoraLayout(modules);
        Random random = new Random(seed);
        float[] values = new float[layout.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new LoraWeights(layout, values);
    }

    /** scale * up down, straight from the definition. */
    private static double[] delta(LoraWeights weights, int index) {
        LoraModule m = weights.layout().modules().get(index);
        float[] up = weights.up(index);
        float[] down = weights.down(index);
        double[] delta = new double[12 * 7];
        for (int o = 0; o < 12; o++) {
            for (int i = 0; i < 7; i++) {
                for (int r = 0; r < m.rank(); r++) {
                    delta[o * 7 + i] += m.alpha() / m.rank() * up[o * m.rank() + r] * (double) down[r * 7 + i];
                }
            }
        }
        return delta;
    }

    private static double[] times(double[] x, double factor) {
        return Arrays.stream(x).map(v -> v * factor).toArray();
    }

    private static double[] plus(double[] x, double[] y) {
        double[] sum = x.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += y[i];
        }
        return sum;
    }

    private static double square(double[] x) {
        return Arrays.stream(x).map(v -> v * v).sum();
    }

    private static void assertClose(double[] actual, double[] expected, double tolerance) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertThat(actual).containsExactly(expected, offset(tolerance * Math.max(largest, 1e-3)));
    }
}
