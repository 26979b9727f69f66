package org.loraspark.infer;

import java.util.Arrays;
import org.loraspark.tensor.AddressedRandom;

/**
 * Draws from the fewest likeliest tokens whose probabilities add up to {@code topP} (Holtzman et al. 2020), each with its
 * share of their sum.
 */
final class Nucleus implements SingleSearch.Choice {
    private final double topP;
    private final AddressedRandom random;

    Nucleus(double topP, AddressedRandom random) {
        this.topP = topP;
        this.random = random;
    }

    @Override
    public int of(float[] scores, int from, int vocab) {
        LogSoftmax.inPlace(scores, from, vocab);
        long[] candidates = candidates(scores, from, vocab);
        Arrays.sort(candidates);
        int kept = 0;
        double sum = 0;
        // At topP = 1 rounding must not leave the sum below it for ever.
        while (kept < candidates.length && (kept == 0 || sum < topP)) {
            sum += probability(scores, from, candidates[kept]);
            kept++;
        }
        double rest = random.nextDouble() * sum;
        int drawn = 0;
        while (drawn < kept - 1) {
            rest -= probability(scores, from, candidates[drawn]);
            if (rest < 0) {
                break;
            }
            drawn++;
        }
        return (int) candidates[drawn];
    }

    /**
     * The tokens that can be in the nucleus, each as a number that sorts by falling probability and then by token. Those
     * below (1 - topP) / vocab cannot: all of them together have less than 1 - topP.
     */
    private long[] candidates(float[] scores, int from, int vocab) {
        double least = Math.log((1 - topP) / vocab);
        long[] candidates = new long[vocab];
        int n = 0;
        for (int token = 0; token < vocab; token++) {
            float score = scores[from + token];
            if (score >= least && score != Float.NEGATIVE_INFINITY) {
                // Logarithms of probabilities are not above 0, where float bits as integers grow as the value falls.
                candidates[n++] = (long) Float.floatToIntBits(Math.min(score, -0f)) << 32 | token;
            }
        }
        return Arrays.copyOf(candidates, n);
    }

    private static double probability(float[] scores, int from, long candidate) {
        return Math.exp(scores[from + (int) candidate]);
    }
}
