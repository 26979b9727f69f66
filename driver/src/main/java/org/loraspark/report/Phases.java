package org.loraspark.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.loraspark.console.Durations;

/** Where the time of a run went, the longest first. */
record Phases(List<Phase> phases) {
    /** @param seconds of all rounds */
    record Phase(String label, String explanation, double seconds) {}

    /**
     * @param width in percent
     * @param shade 1 for the longest
     */
    record Bar(String label, String explanation, String time, String share, double width, int shade) {}

    static Phases of(List<RoundMetrics> rounds) {
        List<Phase> phases = new ArrayList<>();
        phases.add(new Phase(
                "training",
                "forward and backward passes of the slowest worker",
                sum(rounds, RoundMetrics::computeSeconds)));
        phases.add(new Phase(
                "waiting",
                "scheduling, waves of workers, results on their way",
                sum(rounds, RoundMetrics::waitSeconds)));
        phases.add(new Phase("sending", "the state to the workers", sum(rounds, RoundMetrics::broadcastSeconds)));
        phases.add(new Phase("averaging", "of the workers' updates", sum(rounds, RoundMetrics::mergeSeconds)));
        phases.add(
                new Phase("validation", "loss of the held-out pictures", sum(rounds, RoundMetrics::validationSeconds)));
        return new Phases(phases);
    }

    static Phases of(List<RoundMetrics> rounds, RunRecord record) {
        List<Phase> phases = new ArrayList<>(of(rounds).phases());
        phases.add(new Phase(
                "previews",
                "pictures of the prompts",
                record.previews().stream()
                        .mapToDouble(RunRecord.Preview::seconds)
                        .sum()));
        phases.add(new Phase(
                "encoding", "pictures to latents, once", record.setting().encodeSeconds()));
        return new Phases(phases);
    }

    double seconds() {
        return phases.stream().mapToDouble(Phase::seconds).sum();
    }

    List<Bar> bars() {
        double all = seconds();
        List<Phase> sorted = phases.stream()
                .filter(phase -> phase.seconds() > 0)
                .sorted(Comparator.comparingDouble(Phase::seconds).reversed())
                .toList();
        List<Bar> bars = new ArrayList<>();
        for (Phase phase : sorted) {
            double share = phase.seconds() / all;
            bars.add(new Bar(
                    phase.label(),
                    phase.explanation(),
                    phase.seconds() < 10
                            ? Figures.decimal(phase.seconds(), 1) + " s"
                            : Durations.words(phase.seconds()),
                    Figures.percent(share),
                    Math.round(share * 1e4) / 100.0,
                    bars.size() + 1));
        }
        return bars;
    }

    private static double sum(List<RoundMetrics> rounds, ToDoubleFunction<RoundMetrics> phase) {
        return rounds.stream().mapToDouble(phase).sum();
    }
}
