package org.loraspark.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One varied key against the loss, a point for each run, as {@code scatter.html} draws it.
 *
 * @param key the config's
 * @param apart how far ticks are from each other on an average, in percent
 */
record Scatter(
        String title,
        String key,
        String measure,
        double apart,
        List<Chart.Tick> x,
        List<Chart.Tick> y,
        List<Point> points) {
    /** Of the first and the last value from the plot's sides, in distances between two. */
    private static final double MARGIN = 0.5;

    /** @param kind {@code best} or empty */
    record Point(double left, double top, String kind, String side, String run, String value, String loss) {}

    /** A run that has a loss. */
    record Result(String run, Object value, double loss, boolean best) {}

    static Scatter of(String key, String measure, List<Result> results) {
        Scale y = Scale.around(
                results.stream().mapToDouble(Result::loss).min().orElseThrow(),
                results.stream().mapToDouble(Result::loss).max().orElseThrow());
        KeyAxis x = KeyAxis.of(results.stream().map(Result::value).toList(), MARGIN);
        List<Point> points = new ArrayList<>();
        results.stream().sorted(Comparator.comparing(Result::best)).forEach(result -> {
            double left = x.at(result.value());
            points.add(new Point(
                    left,
                    100 - y.at(result.loss()),
                    result.best() ? "best" : "",
                    left < 50 ? "right" : "left",
                    result.run(),
                    KeyAxis.text(result.value()),
                    Figures.loss(result.loss())));
        });
        return new Scatter(
                Figures.capital(measure) + " by " + key,
                key,
                measure,
                Math.round(1e4 / x.ticks().size()) / 100.0,
                x.ticks(),
                Chart.Tick.downwards(y.ticks()),
                points);
    }
}
