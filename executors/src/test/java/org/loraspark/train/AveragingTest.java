package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;

class AveragingTest {
    /** Rank 4 with alpha 2: a scale that is not 1. */
    private static final LoraLayout LAYOUT = new LoraLayout(List.of(
            new LoraModule("unet.a", LoraModule.Kind.LINEAR, 5, 3, 4, 2),
            new LoraModule("unet.b", LoraModule.Kind.CONV1X1, 2, 6, 4, 2)));

    private static final TrainState BEFORE = state(random(1));

    @Property(tries = 50)
    void oneWorkerGivesItselfBackBitForBit(@ForAll long seed, @ForAll @IntRange(min = 1, max = 1000) int samples) {
        RoundResult only = result(0, samples, seed);
        TrainState merged = Averaging.merge(BEFORE, List.of(only), 7);
        assertThat(merged.weights().values()).containsExactly(only.weights());
        assertThat(merged.firstMoment()).containsExactly(only.firstMoment());
        assertThat(merged.secondMoment()).containsExactly(only.secondMoment());
        assertThat(merged.step()).isEqualTo(7);
        assertThat(merged.samples()).isEqualTo(BEFORE.samples() + samples);
    }

    @Property(tries = 50)
    void equalWorkersGiveTheSameBits(@ForAll long seed, @ForAll @IntRange(min = 2, max = 9) int workers) {
        List<RoundResult> results = new ArrayList<>();
        for (int rank = 0; rank < workers; rank++) {
            RoundResult r = result(rank, 10 + rank, 0);
            RoundResult same = result(rank, 10, seed);
            results.add(new RoundResult(
                    rank, same.weights(), same.firstMoment(), same.secondMoment(), r.samples(), 1, 1, 1, 0));
        }
        TrainState merged = Averaging.merge(BEFORE, results, 1);
        assertThat(merged.weights().values()).containsExactly(results.get(0).weights());
        assertThat(Averaging.drift(BEFORE, results, merged)).isZero();
    }

    @Property(tries = 50)
    void orderOfArrivalDoesNotChangeABit(@ForAll long seed, @ForAll @IntRange(min = 2, max = 12) int workers) {
        List<RoundResult> results = new ArrayList<>();
        for (int rank = 0; rank < workers; rank++) {
            results.add(result(rank, 1 + Math.floorMod(seed * 31 + rank, 20), seed + rank));
        }
        TrainState inOrder = Averaging.merge(BEFORE, results, 1);
        List<RoundResult> shuffled = new ArrayList<>(results);
        Collections.shuffle(shuffled, new Random(seed));
        assertThat(Averaging.merge(BEFORE, shuffled, 1)).isEqualTo(inOrder);
    }

    @Test
    void workersCountByTheSamplesThatTheyConsumed() {
        RoundResult first = result(0, 1, 5);
        RoundResult second = result(1, 3, 6);
        float[] merged =
                Averaging.merge(BEFORE, List.of(first, second), 1).weights().values();
        for (int i = 0; i < merged.length; i++) {
            double mean = (first.weights()[i] + 3.0 * second.weights()[i]) / 4;
            assertThat(merged[i]).isEqualTo((float) mean);
        }
    }

    @Test
    void workerWithoutSamplesHasNoSay() {
        RoundResult idle = result(1, 0, 6);
        RoundResult busy = result(0, 4, 5);
        assertThat(Averaging.merge(BEFORE, List.of(busy, idle), 1).weights().values())
                .containsExactly(busy.weights());
        assertThatThrownBy(() -> Averaging.merge(BEFORE, List.of(result(0, 0, 5)), 1))
                .hasMessageContaining("no worker consumed a sample");
    }

    @Test
    void missingOrRepeatedRankIsRefused() {
        assertThatThrownBy(() -> Averaging.merge(BEFORE, List.of(result(0, 1, 1), result(0, 1, 2)), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rank 1");
        assertThatThrownBy(() -> Averaging.merge(BEFORE, List.of(result(1, 1, 1)), 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nonFiniteAdapterNamesItsWorker() {
        RoundResult broken = result(1, 2, 3);
        broken.weights()[4] = Float.NaN;
        assertThatThrownBy(() -> Averaging.merge(BEFORE, List.of(result(0, 2, 3), broken), 1))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("worker 1")
                .hasMessageContaining("adapter")
                .hasMessageContaining("unet.a");
    }

    @Test
    void nonFiniteMomentNamesItsWorkerAndModule() {
        RoundResult broken = result(1, 2, 3);
        broken.secondMoment()[LAYOUT.downOffset(1)] = Float.POSITIVE_INFINITY;
        assertThatThrownBy(() -> Averaging.merge(BEFORE, List.of(result(0, 2, 3), broken), 1))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("second moment of worker 1")
                .hasMessageContaining("unet.b");
    }

    @Test
    void driftOfTwoOppositeStepsAroundAMoveIsTheirSpreadOverTheMove() {
        float[] start = BEFORE.weights().values();
        float[] left = start.clone();
        float[] right = start.clone();
        left[0] += 4;
        left[1] += 1;
        right[0] += 4;
        right[1] -= 1;
        List<RoundResult> results = List.of(result(0, left), result(1, right));
        TrainState merged = Averaging.merge(BEFORE, results, 1);
        assertThat(Averaging.drift(BEFORE, results, merged)).isCloseTo(1.0 / 16, within(1e-5));
    }

    private static RoundResult result(int rank, float[] weights) {
        return new RoundResult(rank, weights, weights.clone(), weights.clone(), 2, 1, 1, 1, 0);
    }

    private static RoundResult result(int rank, long samples, long seed) {
        return new RoundResult(rank, random(seed), random(seed + 1), random(seed + 2), samples, 1, 1, 1, 0);
    }

    private static TrainState state(float[] values) {
        float[] zeros = new float[values.length];
        return new TrainState(new LoraWeights(LAYOUT, values), zeros, Arrays.copyOf(zeros, zeros.length), 0, 100);
    }

    private static float[] random(long seed) {
        Random random = new Random(seed);
        float[] values = new float[LAYOUT.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
