package org.loraspark.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/** The curves of a run over its rounds. */
record Curves(RunFiles run) {
    /** Training and validation loss, the base model's at round 0 where it was measured. */
    Optional<Chart> losses() {
        List<RoundMetrics> rounds = run.rounds();
        List<Chart.Series> series = new ArrayList<>();
        List<Chart.Mark> marks = new ArrayList<>();
        List<Chart.Point> validation = new ArrayList<>();
        Double base = run.record().map(RunRecord::baseLoss).orElse(null);
        if (base != null) {
            validation.add(new Chart.Point(0, base, "before training"));
        }
        run.validated().forEach(r -> validation.add(new Chart.Point(r.round(), r.validationLoss(), head(r))));
        if (rounds.size() + validation.size() < 2) {
            return Optional.empty();
        }
        if (!rounds.isEmpty()) {
            series.add(new Chart.Series(
                    validation.isEmpty() ? Chart.MAIN : Chart.SECOND, "training", points(RoundMetrics::loss)));
        }
        if (!validation.isEmpty()) {
            series.add(new Chart.Series(Chart.MAIN, "validation", validation));
            Overfitting.of(rounds)
                    .ifPresent(o -> marks.add(new Chart.Mark(o.best().round(), "overfits from here", "")));
        }
        return Optional.of(Chart.of("Loss", "round", series, false, Figures::loss, marks));
    }

    /** Empty for one worker, which has nobody to drift from. */
    Optional<Chart> drift() {
        boolean alone = run.rounds().stream().allMatch(r -> r.drift() == 0);
        return alone ? Optional.empty() : single("Worker drift ρ", RoundMetrics::drift, d -> Figures.decimal(d, 3));
    }

    Optional<Chart> learningRate() {
        return single("Learning rate", RoundMetrics::learningRate, Figures::rate);
    }

    private Optional<Chart> single(String title, ToDoubleFunction<RoundMetrics> value, DoubleFunction<String> words) {
        if (run.rounds().size() < 2) {
            return Optional.empty();
        }
        Chart.Series series = new Chart.Series(Chart.MAIN, title, points(value));
        return Optional.of(Chart.of(title, "round", List.of(series), true, words, List.of()));
    }

    private List<Chart.Point> points(ToDoubleFunction<RoundMetrics> value) {
        return run.rounds().stream()
                .map(r -> new Chart.Point(r.round(), value.applyAsDouble(r), head(r)))
                .toList();
    }

    private static String head(RoundMetrics round) {
        return "round " + round.round() + ", step " + Figures.count(round.step()) + ", epoch "
                + Figures.trimmed(Figures.decimal(round.epoch(), 1));
    }
}
