package org.loraspark.train;

import java.util.List;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraWeights;

/**
 * Merges what N workers made of one state: the mean of adapters and moments, weighted by the samples that each consumed
 * (federated averaging, McMahan et al. 2017, algorithm 1). Sums run in double in the order of ranks, whatever the order
 * of arrival, so the same results give the same bits.
 */
public final class Averaging {
    private Averaging() {}

    /**
     * @param before the state that all workers started from
     * @param results one for each rank, in any order
     * @param step the run's step after the round
     * @throws TrainingDivergedException naming rank and module, when a worker's result is not finite
     * @throws IllegalArgumentException when a rank is there twice or nobody consumed a sample
     */
    public static TrainState merge(TrainState before, List<RoundResult> results, long step) {
        List<RoundResult> ranked = results.stream()
                .sorted((a, b) -> Integer.compare(a.rank(), b.rank()))
                .toList();
        long total = 0;
        for (int i = 0; i < ranked.size(); i++) {
            RoundResult r = ranked.get(i);
            if (r.rank() != i) {
                throw new IllegalArgumentException("expected the result of rank " + i + ", got rank " + r.rank());
            }
            requireFinite(before.layout(), r, "adapter", r.weights());
            requireFinite(before.layout(), r, "first moment", r.firstMoment());
            requireFinite(before.layout(), r, "second moment", r.secondMoment());
            total = Math.addExact(total, r.samples());
        }
        if (total == 0) {
            throw new IllegalArgumentException("no worker consumed a sample");
        }
        List<RoundResult> active = ranked.stream().filter(r -> r.samples() > 0).toList();
        float[] weights = mean(active.stream().map(RoundResult::weights).toList(), active, total);
        float[] first = mean(active.stream().map(RoundResult::firstMoment).toList(), active, total);
        float[] second = mean(active.stream().map(RoundResult::secondMoment).toList(), active, total);
        return new TrainState(new LoraWeights(before.layout(), weights), first, second, step, before.samples() + total);
    }

    /**
     * How far the workers went apart in a round: ρ = Σ wᵢ ‖θᵢ - θ̄‖² / ‖θ̄ - θ₀‖², with weights by samples. 0: all did
     * the same; near N - 1: they pulled in unrelated directions, and averaging loses most of the work.
     */
    public static double drift(TrainState before, List<RoundResult> results, TrainState merged) {
        float[] start = before.weights().values();
        float[] mean = merged.weights().values();
        double moved = 0;
        for (int i = 0; i < mean.length; i++) {
            double d = (double) mean[i] - start[i];
            moved += d * d;
        }
        double apart = 0;
        long total = 0;
        for (RoundResult r : results) {
            double distance = 0;
            for (int i = 0; i < mean.length && r.samples() > 0; i++) {
                double d = (double) r.weights()[i] - mean[i];
                distance += d * d;
            }
            apart += r.samples() * distance;
            total += r.samples();
        }
        return moved == 0 ? 0 : apart / total / moved;
    }

    private static float[] mean(List<float[]> vectors, List<RoundResult> results, long total) {
        if (vectors.size() == 1) {
            return vectors.get(0);
        }
        float[] mean = new float[vectors.get(0).length];
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (int rank = 0; rank < vectors.size(); rank++) {
                sum += (double) vectors.get(rank)[i] * results.get(rank).samples();
            }
            mean[i] = (float) (sum / total);
        }
        return mean;
    }

    private static void requireFinite(LoraLayout layout, RoundResult r, String what, float[] values) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new TrainingDivergedException("the " + what + " of worker " + r.rank()
                        + " is not finite after this round, first in "
                        + layout.moduleOf(i).name() + "; lower train.learning-rate");
            }
        }
    }
}
