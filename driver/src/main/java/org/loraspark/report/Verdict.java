package org.loraspark.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.loraspark.console.Durations;

/**
 * Whether a run worked, in a sentence, and what to do about it.
 *
 * @param tone {@code good}, {@code warn}, {@code bad} or {@code plain}
 * @param status one word
 * @param advice settings to change, most useful first
 */
record Verdict(String tone, String status, String sentence, String detail, List<Advice> advice) {
    /** @param setting as the command line takes it; empty for what no setting does */
    record Advice(String text, String setting) {}

    /** From this rise on, overfitting is the first thing to say. */
    private static final double MUCH_OVERFITTING = 0.1;

    /** What the loss must fall by to be called better. */
    private static final double SMALLEST_FALL = 0.01;

    /** A fall over the last tenth of the rounds that promises more. */
    private static final double STILL_FALLING = 0.01;

    /** Of workers that pull apart: this share of the largest drift that averaging can have, N - 1. */
    private static final double APART = 0.7;

    /** Whether the advice comes before all else. */
    public boolean isUrgent() {
        return tone.equals("warn") || tone.equals("bad");
    }

    static Verdict of(RunFiles run) {
        Optional<RunRecord> record = run.record();
        RunRecord.Status status = record.map(RunRecord::status).orElse(RunRecord.Status.DONE);
        List<RoundMetrics> rounds = run.rounds();
        if (status == RunRecord.Status.FAILED) {
            String where = rounds.isEmpty()
                    ? "before its first round ended"
                    : "after round " + last(rounds).round();
            return new Verdict(
                    "bad",
                    "failed",
                    "It stopped " + where + ".",
                    record.map(RunRecord::failure).orElse(""),
                    List.of());
        }
        if (status == RunRecord.Status.RUNNING) {
            return running(rounds, record.map(RunRecord::setting));
        }
        if (status == RunRecord.Status.STOPPED) {
            String where = rounds.isEmpty()
                    ? "before its first round ended"
                    : "after round " + last(rounds).round();
            return record.map(RunRecord::failure).orElse("").equals(RunRecord.INTERRUPTED)
                    ? new Verdict(
                            "warn",
                            "interrupted",
                            "It was interrupted " + where + ".",
                            "",
                            List.of(new Advice(
                                    "To go on from its last checkpoint (a sweep does so by itself):",
                                    set("train.resume-from", "latest"))))
                    : new Verdict("plain", "stopped", "It was stopped " + where + ".", "", List.of());
        }
        if (rounds.isEmpty()) {
            return new Verdict("plain", "done", "It ended without a round.", "", List.of());
        }
        if (run.validated().isEmpty()) {
            return unvalidated(run);
        }
        Optional<Overfitting> overfitting = Overfitting.of(rounds);
        return overfitting.isPresent() ? overfits(overfitting.get(), run) : validated(run);
    }

    private static Verdict validated(RunFiles run) {
        List<RoundMetrics> validated = run.validated();
        double to = last(validated).validationLoss();
        Optional<Double> start = start(run);
        if (start.isEmpty()) {
            return new Verdict("good", "done", "Done: the validation loss is " + Figures.loss(to) + ".", "", List.of());
        }
        double from = start.get();
        if (to > from * (1 - SMALLEST_FALL)) {
            return useless(from, to, run);
        }
        List<Advice> advice = new ArrayList<>();
        if (stillFalling(validated)) {
            advice.add(new Advice(
                    "It was still falling at the end; more epochs may bring more:",
                    set("train.epochs", Math.round(2 * number(run, "train.epochs")))));
        }
        apart(run).ifPresent(advice::add);
        return new Verdict("good", "done", fell(from, to), "", advice);
    }

    private static String fell(double from, double to) {
        return "It worked: the validation loss fell by "
                + Figures.change(from, to).substring(1) + ".";
    }

    /** The validation loss to compare with: before training, or after the first of several rounds. */
    private static Optional<Double> start(RunFiles run) {
        List<RoundMetrics> validated = run.validated();
        Optional<Double> base = run.record().map(RunRecord::baseLoss);
        return base.isPresent() || validated.size() < 2
                ? base
                : Optional.of(validated.get(0).validationLoss());
    }

    private static Verdict running(List<RoundMetrics> rounds, Optional<RunRecord.Setting> setting) {
        String of = setting.map(s -> " of " + s.rounds()).orElse("");
        if (rounds.isEmpty()) {
            return new Verdict("plain", "running", "The first round" + of + " is under way.", "", List.of());
        }
        double seconds = Phases.of(rounds).seconds() / rounds.size();
        String left = setting.map(s -> "About "
                        + Durations.words(seconds * (s.rounds() - last(rounds).round()))
                        + " of training are left; load this page again for more.")
                .orElse("");
        return new Verdict("plain", "running", "Round " + last(rounds).round() + of + " is done.", left, List.of());
    }

    private static Verdict overfits(Overfitting found, RunFiles run) {
        RoundMetrics best = found.best();
        double end = last(run.validated()).validationLoss();
        List<Advice> advice = new ArrayList<>();
        advice.add(new Advice("Stop there:", set("train.epochs", Math.max(1, Math.round(best.epoch())))));
        advice.add(new Advice(
                "Learn more slowly:",
                set("train.learning-rate", Figures.rate(number(run, "train.learning-rate") / 2))));
        if (number(run, "lora.rank") > 4) {
            advice.add(new Advice(
                    "Leave less room to remember:", set("lora.rank", Math.round(number(run, "lora.rank") / 2))));
        }
        if (number(run, "lora.dropout") == 0) {
            advice.add(new Advice("Drop some of it:", set("lora.dropout", "0.1")));
        }
        advice.add(new Advice("More pictures and more varied captions help most.", ""));
        boolean worse = found.rise() >= MUCH_OVERFITTING
                || start(run).map(from -> end > from * (1 - SMALLEST_FALL)).orElse(true);
        String since = "It was lowest after round " + best.round() + ", at " + Figures.loss(best.validationLoss())
                + ", and then rose by " + Figures.percent(found.rise())
                + " while the training loss went on falling: from there on the adapter learns these pictures by heart.";
        return worse
                ? new Verdict(
                        "warn",
                        "overfits",
                        "It overfits from round " + best.round() + " on.",
                        since.replaceFirst("It", "The validation loss"),
                        advice)
                : new Verdict("good", "done", fell(start(run).orElseThrow(), end), since, advice);
    }

    private static Verdict useless(double from, double to, RunFiles run) {
        double rate = number(run, "train.learning-rate");
        boolean rose = to > from * (1 + SMALLEST_FALL);
        return new Verdict(
                "warn",
                rose ? "got worse" : "no effect",
                rose ? "The validation loss rose." : "The validation loss hardly changed.",
                "",
                rose
                        ? List.of(new Advice("Learn more slowly:", set("train.learning-rate", Figures.rate(rate / 5))))
                        : List.of(
                                new Advice("Learn faster:", set("train.learning-rate", Figures.rate(rate * 3))),
                                new Advice(
                                        "Train longer:",
                                        set("train.epochs", Math.round(2 * number(run, "train.epochs"))))));
    }

    private static Verdict unvalidated(RunFiles run) {
        List<RoundMetrics> rounds = run.rounds();
        List<Advice> advice = new ArrayList<>();
        advice.add(new Advice(
                "Hold some pictures out, to know how it does on others:", set("data.validation-split", "0.1")));
        apart(run).ifPresent(advice::add);
        double from = rounds.get(0).loss();
        double to = last(rounds).loss();
        String sentence = rounds.size() == 1
                ? "Done: the training loss is " + Figures.loss(to) + "."
                : "Done: the training loss " + (to < from ? "fell" : "rose") + " by "
                        + Figures.change(from, to).substring(1) + ".";
        return new Verdict(to <= from ? "good" : "warn", "done", sentence, "", advice);
    }

    private static Optional<Advice> apart(RunFiles run) {
        double workers = number(run, "cluster.workers");
        double drift =
                run.rounds().stream().mapToDouble(RoundMetrics::drift).average().orElse(0);
        if (workers < 2 || drift < APART * (workers - 1)) {
            return Optional.empty();
        }
        long steps =
                Math.round(last(run.rounds()).step() / (double) run.rounds().size() / 2);
        return Optional.of(new Advice(
                "The workers pull in different directions (drift " + Figures.decimal(drift, 2)
                        + "); average them more often:",
                set("cluster.sync-every-steps", Math.max(1, steps))));
    }

    private static boolean stillFalling(List<RoundMetrics> validated) {
        int size = validated.size();
        if (size < 3) {
            return false;
        }
        double before = validated.get(size - 1 - Math.max(1, size / 10)).validationLoss();
        return last(validated).validationLoss() < before * (1 - STILL_FALLING);
    }

    private static String set(String key, Object value) {
        return "--set " + key + "=" + value;
    }

    private static double number(RunFiles run, String key) {
        return run.config().hasPath(key) ? run.config().getDouble(key) : 0;
    }

    private static RoundMetrics last(List<RoundMetrics> rounds) {
        return rounds.get(rounds.size() - 1);
    }
}
