package org.loraspark.report;

import java.util.List;
import java.util.Optional;

/**
 * A run that learns its pictures by heart: after some round the validation loss rises while the training loss goes on
 * falling.
 *
 * @param best the round with the lowest validation loss
 * @param rise of the validation loss from there to the end, as a share
 */
record Overfitting(RoundMetrics best, double rise) {
    /** Smaller rises come and go with the noise of a small validation set. */
    private static final double SMALLEST_RISE = 0.02;

    private static final int ROUNDS_AFTER = 2;
    private static final int MEAN_OVER = 3;

    static Optional<Overfitting> of(List<RoundMetrics> rounds) {
        List<RoundMetrics> validated =
                rounds.stream().filter(round -> round.validationLoss() != null).toList();
        if (validated.isEmpty()) {
            return Optional.empty();
        }
        int best = 0;
        for (int i = 1; i < validated.size(); i++) {
            if (validated.get(i).validationLoss() < validated.get(best).validationLoss()) {
                best = i;
            }
        }
        int after = validated.size() - 1 - best;
        int mean = Math.min(MEAN_OVER, after);
        if (after < ROUNDS_AFTER) {
            return Optional.empty();
        }
        double end = validated.subList(validated.size() - mean, validated.size()).stream()
                .mapToDouble(RoundMetrics::validationLoss)
                .average()
                .orElseThrow();
        double rise = end / validated.get(best).validationLoss() - 1;
        double lossAtBest = loss(validated.subList(Math.max(0, best + 1 - mean), best + 1));
        double lossAtEnd = loss(validated.subList(validated.size() - mean, validated.size()));
        return rise >= SMALLEST_RISE && lossAtEnd < lossAtBest
                ? Optional.of(new Overfitting(validated.get(best), rise))
                : Optional.empty();
    }

    private static double loss(List<RoundMetrics> rounds) {
        return rounds.stream().mapToDouble(RoundMetrics::loss).average().orElseThrow();
    }
}
