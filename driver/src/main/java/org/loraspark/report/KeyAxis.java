package org.loraspark.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Where the values of a config key lie on an axis: a few, and all that are no numbers, at equal distances in their order,
 * many numbers on a {@link Scale}.
 *
 * @param values in their order
 * @param margin before the first and after the last, in distances between two
 * @param scale null for equal distances
 */
record KeyAxis(List<Object> values, double margin, Scale scale) {
    private static final int MOST_APART = 8;

    static KeyAxis of(Collection<Object> all, double margin) {
        List<Object> values = all.stream().distinct().sorted(KeyAxis::compare).toList();
        boolean numbers = values.stream().allMatch(Number.class::isInstance);
        boolean apart = values.size() <= MOST_APART || !numbers;
        return new KeyAxis(
                values,
                margin,
                apart ? null : Scale.around(number(values.get(0)), number(values.get(values.size() - 1))));
    }

    /** 0 to 100. */
    double at(Object value) {
        if (scale != null) {
            return scale.at(number(value));
        }
        double distances = values.size() - 1 + 2 * margin;
        return distances == 0 ? 50 : Math.round(1e4 * (values.indexOf(value) + margin) / distances) / 100.0;
    }

    List<Chart.Tick> ticks() {
        if (scale != null) {
            return scale.ticks();
        }
        List<Chart.Tick> ticks = new ArrayList<>();
        values.forEach(value -> ticks.add(new Chart.Tick(at(value), text(value))));
        return ticks;
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
