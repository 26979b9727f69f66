package org.loraspark.cluster.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.loraspark.report.SweepSummary.Status;

/**
 * The run to take, and why.
 *
 * @param reason one sentence
 * @param notes what else to consider
 */
public record BestRun(RunResult run, String reason, List<String> notes) {
    private static final double AS_GOOD = 1.01;
    /** Beyond it an adapter grows and learns its pictures by heart sooner than their style. */
    public static final int LARGEST_USUAL_RANK = 64;

    /** Empty when no run is done. */
    public static Optional<BestRun> of(List<RunResult> results) {
        List<RunResult> done = results.stream()
                .filter(run -> run.status() == Status.DONE && run.loss() != null)
                .toList();
        boolean validated = !done.isEmpty() && done.stream().allMatch(run -> run.validationLoss() != null);
        Comparator<RunResult> order =
                Comparator.comparingDouble(validated ? RunResult::validationLoss : RunResult::loss);
        return done.stream().min(order).map(best -> explain(best, done, validated));
    }

    private static BestRun explain(RunResult best, List<RunResult> done, boolean validated) {
        double loss = validated ? best.validationLoss() : best.loss();
        String reason = String.format(
                Locale.ROOT,
                validated
                        ? "lowest validation loss of %d finished %s, %.5f"
                        : "lowest training loss of %d finished %s, %.5f; no picture is held out",
                done.size(),
                done.size() == 1 ? "run" : "runs",
                loss);
        List<String> notes = new ArrayList<>();
        if (!validated) {
            notes.add("a training loss favours runs that learn their pictures by heart; hold some out with"
                    + " data.validation-split = 0.1");
        }
        done.stream()
                .filter(run -> rank(run) < rank(best))
                .filter(run -> (validated ? run.validationLoss() : run.loss()) <= AS_GOOD * loss)
                .min(Comparator.comparingInt(BestRun::rank))
                .ifPresent(smaller -> notes.add(String.format(
                        Locale.ROOT,
                        "%s with rank %d is within 1 %% (%.5f) and smaller: ranks 4 to 8 are enough for simple styles,"
                                + " 16 for faces and characters",
                        smaller.name(),
                        rank(smaller),
                        validated ? smaller.validationLoss() : smaller.loss())));
        if (rank(best) > LARGEST_USUAL_RANK) {
            notes.add(
                    "rank " + rank(best) + " is more than " + LARGEST_USUAL_RANK
                            + ": look at its pictures for details learned by heart, and take a smaller one if it looks as good");
        }
        return new BestRun(best, reason, notes);
    }

    private static int rank(RunResult run) {
        return ((Number) run.config().get("lora.rank")).intValue();
    }
}
