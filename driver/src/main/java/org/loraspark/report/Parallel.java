package org.loraspark.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Parallel coordinates (Inselberg 1985), as {@code parallel.html} draws them: an upright axis for each varied key, the
 * loss at the right, and a line for each run through its values. What runs of low loss have in common shows as a bundle.
 *
 * @param width below which the plot is scrolled, in characters
 * @param legend empty when all runs look alike
 */
record Parallel(String title, int width, List<Upright> axes, List<Line> lines, List<Look> legend) {
    private static final int BETWEEN_AXES = 6;
    /** The share of runs that stand out. */
    private static final double GOOD = 0.25;

    private static final int FEW = 8;

    /** @param side where its words have room */
    record Upright(double left, String side, String label, String key, List<Chart.Tick> ticks) {}

    record Line(String kind, String path, String words) {}

    record Look(String kind, String label) {}

    /**
     * A run.
     *
     * @param values by key
     * @param loss null for one that has not come to its end, whose line ends before
     */
    record Result(String run, Map<String, Object> values, Double loss) {}

    /**
     * @param keys at least one
     * @param results some with a loss, these with the lowest first
     */
    static Parallel of(List<String> keys, String measure, List<Result> results) {
        List<Result> done = results.stream().filter(run -> run.loss() != null).toList();
        Scale losses = Scale.around(
                done.stream().mapToDouble(Result::loss).min().orElseThrow(),
                done.stream().mapToDouble(Result::loss).max().orElseThrow());
        List<KeyAxis> scales = new ArrayList<>();
        List<Upright> axes = new ArrayList<>();
        for (String key : keys) {
            KeyAxis scale = KeyAxis.of(
                    results.stream().map(run -> run.values().get(key)).toList(), 0);
            axes.add(upright(axes.size(), keys.size(), SweepTable.label(key), key, scale.ticks()));
            scales.add(scale);
        }
        axes.add(upright(keys.size(), keys.size(), measure, "", losses.ticks()));
        List<Line> lines = new ArrayList<>();
        for (Result run : results) {
            List<Double> tops = new ArrayList<>();
            for (int i = 0; i < keys.size(); i++) {
                tops.add(100 - scales.get(i).at(run.values().get(keys.get(i))));
            }
            if (run.loss() != null) {
                tops.add(100 - losses.at(run.loss()));
            }
            lines.add(new Line(kind(run, done), path(tops, axes), words(run, keys, measure)));
        }
        List<Look> legend = legend(lines);
        // The better a run, the later it is drawn.
        lines.sort(Comparator.comparingInt(line -> "ended other good best".indexOf(line.kind())));
        return new Parallel(
                "Each line is a run", BETWEEN_AXES * keys.size(), axes, lines, legend.size() > 1 ? legend : List.of());
    }

    private static String kind(Result run, List<Result> done) {
        if (run.loss() == null) {
            return "ended";
        }
        int place = done.indexOf(run);
        return place == 0 ? "best" : done.size() > FEW && place < Math.ceil(GOOD * done.size()) ? "good" : "other";
    }

    private static List<Look> legend(List<Line> lines) {
        List<Look> looks = List.of(
                new Look("best", "best run"),
                new Look("good", "best quarter"),
                new Look("other", "other runs"),
                new Look("ended", "stopped or failed"));
        return looks.stream()
                .filter(look -> lines.stream().anyMatch(line -> line.kind().equals(look.kind())))
                .toList();
    }

    private static Upright upright(int place, int last, String label, String key, List<Chart.Tick> ticks) {
        String side = place == 0 ? "first" : place == last ? "last" : "";
        return new Upright(Math.round(1e4 * place / last) / 100.0, side, label, key, Chart.Tick.downwards(ticks));
    }

    /** Bends from axis to axis, so that lines through one value can be told apart. */
    private static String path(List<Double> tops, List<Upright> axes) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < tops.size(); i++) {
            double x = axes.get(i).left();
            if (i == 0) {
                path.append(String.format(Locale.ROOT, "M%.2f %.2f", x, tops.get(i)));
            } else {
                double middle = (axes.get(i - 1).left() + x) / 2;
                path.append(String.format(
                        Locale.ROOT,
                        "C%.2f %.2f %.2f %.2f %.2f %.2f",
                        middle,
                        tops.get(i - 1),
                        middle,
                        tops.get(i),
                        x,
                        tops.get(i)));
            }
        }
        return path.toString();
    }

    private static String words(Result run, List<String> keys, String measure) {
        List<String> words = new ArrayList<>();
        keys.forEach(key -> words.add(key + " " + KeyAxis.text(run.values().get(key))));
        words.add(run.loss() == null ? "not finished" : measure + " " + Figures.loss(run.loss()));
        return run.run() + ": " + String.join(", ", words);
    }
}
