package org.loraspark.cluster.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.loraspark.UserError;

/**
 * Successive halving (Jamieson, Talwalkar 2016): of n runs the best n / f go on at each rung, and rung k of K lies at the
 * share f^(k - K - 1) of a run's rounds, where K = floor(log_f n). Runs wait for each other at a rung, so that what is
 * stopped depends on losses alone and not on time.
 *
 * @param factor f
 * @param shares of a run's rounds, ascending, one a rung
 */
public record Halving(int factor, List<Double> shares) {
    /** @param mostRounds of the longest run; rungs that fall on one round are one rung */
    public static Halving of(int factor, int runs, long mostRounds) {
        if (factor < 2) {
            throw new UserError("--halving = " + factor + " must be at least 2, such as 3: the best third goes on");
        }
        int rungs = 0;
        for (long n = factor; n <= runs; n *= factor) {
            rungs++;
        }
        List<Double> shares = new ArrayList<>();
        long last = 0;
        for (int k = Math.max(1, rungs); k >= 1; k--) {
            double share = StrictMath.pow(factor, -k);
            long round = round(share, mostRounds);
            if (round > last && round < mostRounds) {
                shares.add(share);
                last = round;
            }
        }
        if (shares.isEmpty()) {
            throw new UserError("--halving compares runs after some of their rounds, and the longest run has "
                    + mostRounds + "; make rounds shorter with cluster.sync-every-steps");
        }
        return new Halving(factor, shares);
    }

    /** The round of a run, from 1, after which it is compared at a rung. */
    public static long round(double share, long rounds) {
        return Math.max(1, (long) Math.ceil(share * rounds - 1e-9));
    }

    /** The runs that go no further. Losses that are no numbers are the worst; of equal ones the earlier run stays. */
    public Set<String> weakest(Map<String, Double> losses) {
        int kept = Math.max(1, (losses.size() + factor - 1) / factor);
        List<String> ranked = new ArrayList<>(losses.keySet());
        ranked.sort(Comparator.comparingDouble(losses::get));
        return new HashSet<>(ranked.subList(Math.min(kept, ranked.size()), ranked.size()));
    }
}
