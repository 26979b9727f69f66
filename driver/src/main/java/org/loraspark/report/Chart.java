package org.loraspark.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;

/**
 * Curves over the rounds, as {@code chart.html} draws them: lines in an SVG that is stretched to the page's width, text
 * and hover areas in HTML over it, all at percentages of its width and height.
 *
 * @param axis what the x axis counts
 * @param legend empty for a single curve
 * @param marks upright lines with a word
 * @param hits one strip for each round, which shows that round's values
 */
record Chart(
        String title,
        String axis,
        String summary,
        List<Tick> x,
        List<Tick> y,
        List<Line> lines,
        List<Line> legend,
        List<Mark> marks,
        List<Hit> hits) {
    /** Beyond these the strips of rounds would be narrower than a finger or a pixel. */
    private static final int MOST_POINTS = 400;

    static final String MAIN = "main";
    static final String SECOND = "second";
    static final String OTHER = "other";
    private static final int MOST_DOTS = 60;
    private static final int X_TICKS = 6;
    private static final int Y_TICKS = 4;

    /** @param at distance from the axis' start, in percent */
    record Tick(double at, String label) {
        /** As distances from the top, for an axis that goes up. */
        static List<Tick> downwards(List<Tick> ticks) {
            return ticks.stream()
                    .map(tick -> new Tick(rounded(100 - tick.at()), tick.label()))
                    .toList();
        }
    }

    /** @param dots a path of its points; empty when these are too many */
    record Line(String kind, String label, String path, String dots) {}

    /** @param side where its word has room */
    record Mark(double at, String label, String side) {}

    record Hit(double left, double width, double at, String side, String head, List<Value> values) {}

    record Value(String kind, String label, String value, double at) {}

    /**
     * A curve.
     *
     * @param kind its look: {@link #MAIN}, {@link #SECOND}, or {@link #OTHER} for those that are only to compare with, whose
     *     values are not shown
     */
    record Series(String kind, String label, List<Point> points) {}

    /** @param head what is at that place, for the hover text */
    record Point(double x, double y, String head) {}

    /** @param fromZero whether the y axis begins at 0 */
    static Chart of(
            String title,
            String axis,
            List<Series> series,
            boolean fromZero,
            DoubleFunction<String> values,
            List<Mark> marks) {
        List<Series> thin = series.stream()
                .map(s -> new Series(s.kind(), s.label(), thinned(s.points())))
                .toList();
        List<Point> all = thin.stream().flatMap(s -> s.points().stream()).toList();
        double low = all.stream().mapToDouble(Point::y).min().orElseThrow();
        double high = all.stream().mapToDouble(Point::y).max().orElseThrow();
        Axis y = Axis.around(fromZero ? Math.min(0, low) : low, high, Y_TICKS);
        Axis x = Axis.whole(
                all.stream().mapToDouble(Point::x).min().orElseThrow(),
                all.stream().mapToDouble(Point::x).max().orElseThrow(),
                X_TICKS);
        List<Line> lines = thin.stream().map(s -> line(s, x, y)).toList();
        return new Chart(
                title,
                axis,
                summary(series.stream().filter(s -> !s.kind().equals(OTHER)).toList(), values),
                x.ticks().stream()
                        .map(t -> new Tick(x.at(t), Figures.count(Math.round(t))))
                        .toList(),
                y.ticks().stream().map(t -> new Tick(100 - y.at(t), y.label(t))).toList(),
                lines,
                legend(lines),
                marks.stream()
                        .map(m -> new Mark(x.at(m.at()), m.label(), side(x.at(m.at()))))
                        .toList(),
                hits(thin.stream().filter(s -> !s.kind().equals(OTHER)).toList(), x, y, values));
    }

    /** One of each look. */
    private static List<Line> legend(List<Line> lines) {
        Map<String, Line> looks = new LinkedHashMap<>();
        lines.forEach(line -> looks.putIfAbsent(line.kind(), line));
        return looks.size() > 1 ? List.copyOf(looks.values()) : List.of();
    }

    private static List<Point> thinned(List<Point> points) {
        if (points.size() <= MOST_POINTS) {
            return points;
        }
        List<Point> kept = new ArrayList<>();
        for (int i = 0; i < MOST_POINTS; i++) {
            kept.add(points.get((int) ((long) i * (points.size() - 1) / (MOST_POINTS - 1))));
        }
        return kept;
    }

    private static Line line(Series series, Axis x, Axis y) {
        StringBuilder path = new StringBuilder();
        StringBuilder dots = new StringBuilder();
        for (Point point : series.points()) {
            String place = String.format(Locale.ROOT, "%.2f %.2f", x.at(point.x()), 100 - y.at(point.y()));
            path.append(path.isEmpty() ? "M" : "L").append(place);
            // A line of no length with round ends: a dot that stays round in a stretched picture.
            dots.append("M").append(place).append("h0");
        }
        boolean dotted = series.points().size() <= MOST_DOTS && !series.kind().equals(OTHER);
        return new Line(series.kind(), series.label(), path.toString(), dotted ? dots.toString() : "");
    }

    private static List<Hit> hits(List<Series> series, Axis x, Axis y, DoubleFunction<String> values) {
        List<Double> places = series.stream()
                .flatMap(s -> s.points().stream())
                .map(Point::x)
                .distinct()
                .sorted()
                .toList();
        List<Hit> hits = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            double here = x.at(places.get(i));
            double left = i == 0 ? 0 : (x.at(places.get(i - 1)) + here) / 2;
            double right = i == places.size() - 1 ? 100 : (x.at(places.get(i + 1)) + here) / 2;
            List<Value> shown = new ArrayList<>();
            String head = "";
            for (Series s : series) {
                for (Point point : s.points()) {
                    if (point.x() == places.get(i)) {
                        head = point.head();
                        shown.add(new Value(
                                s.kind(), s.label(), values.apply(point.y()), rounded(100 - y.at(point.y()))));
                    }
                }
            }
            double width = Math.max(right - left, 0.01);
            hits.add(new Hit(
                    rounded(left), rounded(width), rounded(100 * (here - left) / width), side(here), head, shown));
        }
        return hits;
    }

    private static String side(double at) {
        return at < 50 ? "right" : "left";
    }

    private static double rounded(double percent) {
        return Math.round(percent * 100) / 100.0;
    }

    private static String summary(List<Series> series, DoubleFunction<String> values) {
        List<String> parts = new ArrayList<>();
        for (Series s : series) {
            Point first = s.points().get(0);
            Point last = s.points().get(s.points().size() - 1);
            parts.add(s.label() + " from " + values.apply(first.y()) + " to " + values.apply(last.y()));
        }
        return String.join(", ", parts);
    }
}
