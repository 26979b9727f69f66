package org.loraspark.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;

/**
 * One varied key against the loss, a point for each run, as {@code scatter.html} draws it. A few values stand side by
 * side in their order, many numbers on an axis, which is logarithmic when they span more than a power of ten.
 *
 * @param key the config's
 */
record Scatter(String title, String key, String measure, List<Chart.Tick> x, List<Chart.Tick> y, List<Point> points) {
    private static final int MOST_CATEGORIES = 8;
    private static final int TICKS = 4;
    private static final double LOGARITHMIC = 10;

    /** @param kind {@code best} or empty */
    record Point(double left, double top, String kind, String side, String run, String value, String loss) {}

    /** A run that has a loss. */
    record Result(String run, Object value, double loss, boolean best) {}

    private record Scale(Axis axis, DoubleUnaryOperator to, DoubleFunction<String> label) {
        static Scale of(double low, double high) {
            return low > 0 && high / low >= LOGARITHMIC
                    ? logarithmic(Axis.around(Math.log10(low), Math.log10(high), TICKS))
                    : linear(Axis.around(low, high, TICKS));
        }

        private static Scale logarithmic(Axis axis) {
            return new Scale(axis, Math::log10, tick -> Figures.rate(Math.pow(10, tick)));
        }

        private static Scale linear(Axis axis) {
            return new Scale(axis, value -> value, axis::label);
        }

        double at(double value) {
            return axis.at(to.applyAsDouble(value));
        }

        List<Chart.Tick> ticks(boolean upright) {
            return axis.ticks().stream()
                    .map(t -> new Chart.Tick(upright ? 100 - axis.at(t) : axis.at(t), label.apply(t)))
                    .toList();
        }
    }

    static Scatter of(String key, String measure, List<Result> results) {
        Scale y = Scale.of(
                results.stream().mapToDouble(Result::loss).min().orElseThrow(),
                results.stream().mapToDouble(Result::loss).max().orElseThrow());
        List<Object> values = results.stream()
                .map(Result::value)
                .distinct()
                .sorted(Scatter::compare)
                .toList();
        boolean numbers = values.stream().allMatch(Number.class::isInstance);
        boolean categories = values.size() <= MOST_CATEGORIES || !numbers;
        Scale x = categories ? null : Scale.of(number(values.get(0)), number(values.get(values.size() - 1)));
        List<Point> points = new ArrayList<>();
        results.stream().sorted(Comparator.comparing(Result::best)).forEach(result -> {
            double left = categories
                    ? 100 * (values.indexOf(result.value()) + 0.5) / values.size()
                    : x.at(number(result.value()));
            points.add(new Point(
                    left,
                    100 - y.at(result.loss()),
                    result.best() ? "best" : "",
                    left < 50 ? "right" : "left",
                    result.run(),
                    text(result.value()),
                    Figures.loss(result.loss())));
        });
        List<Chart.Tick> ticks = new ArrayList<>();
        for (int i = 0; categories && i < values.size(); i++) {
            ticks.add(new Chart.Tick(100 * (i + 0.5) / values.size(), text(values.get(i))));
        }
        return new Scatter(
                Figures.capital(measure) + " by " + key,
                key,
                measure,
                categories ? ticks : x.ticks(false),
                y.ticks(true),
                points);
    }

    /** Numbers by value and before all else. */
    static int compare(Object a, Object b) {
        if (a instanceof Number && b instanceof Number) {
            return Double.compare(number(a), number(b));
        }
        return a instanceof Number ? -1 : b instanceof Number ? 1 : text(a).compareTo(text(b));
    }

    /** A key's value as people write it. */
    static String text(Object value) {
        if (value instanceof Double || value instanceof Float) {
            return Figures.rate(number(value));
        }
        return value instanceof Number whole
                ? String.format(Locale.ROOT, "%d", whole.longValue())
                : String.valueOf(value);
    }

    private static double number(Object value) {
        return ((Number) value).doubleValue();
    }
}
