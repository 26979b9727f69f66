package org.loraspark.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.loraspark.console.Durations;

/** All runs of a sweep, the lowest loss first, which stands beside the name; the page sorts them by another column. */
record SweepTable(List<Head> heads, List<Row> rows) {
    /**
     * @param key the varied key that it is; empty for what was measured
     * @param sort {@code aria-sort}'s value; empty for the other columns
     */
    record Head(String label, String key, boolean number, String sort) {}

    record Row(boolean best, String run, List<Cell> cells) {}

    /** @param value to sort by; empty for what is not known */
    record Cell(String text, String value, boolean number) {}

    static SweepTable of(SweepSummary sweep, boolean validated) {
        List<Head> heads = new ArrayList<>();
        if (validated) {
            heads.add(new Head("validation loss", "", true, "ascending"));
        }
        heads.add(new Head("training loss", "", true, validated ? "" : "ascending"));
        sweep.keys()
                .forEach(key -> heads.add(new Head(
                        label(key),
                        key,
                        sweep.runs().stream().allMatch(run -> run.values().get(key) instanceof Number),
                        "")));
        heads.add(new Head("pictures/s", "", true, ""));
        heads.add(new Head("memory", "", true, ""));
        heads.add(new Head("adapter", "", true, ""));
        heads.add(new Head("time", "", true, ""));
        heads.add(new Head("state", "", false, ""));
        List<Row> rows = sweep.runs().stream()
                .sorted(Comparator.comparing(
                        (SweepSummary.Run run) -> validated ? run.validationLoss() : run.loss(),
                        Comparator.nullsLast(Comparator.naturalOrder())))
                .map(run -> row(run, sweep, validated))
                .toList();
        return new SweepTable(heads, rows);
    }

    private static Row row(SweepSummary.Run run, SweepSummary sweep, boolean validated) {
        List<Cell> cells = new ArrayList<>();
        if (validated) {
            cells.add(number(run.validationLoss(), loss(run.validationLoss())));
        }
        cells.add(number(run.loss(), loss(run.loss())));
        for (String key : sweep.keys()) {
            Object value = run.values().get(key);
            cells.add(new Cell(KeyAxis.text(value), String.valueOf(value), value instanceof Number));
        }
        Double speed = run.samplesPerSecond();
        cells.add(number(speed, speed == null ? "" : Figures.decimal(speed, 1)));
        cells.add(number(run.memoryBytes(), bytes(run.memoryBytes())));
        cells.add(number(run.adapterBytes(), bytes(run.adapterBytes())));
        Double seconds = run.seconds();
        cells.add(number(seconds, seconds == null ? "" : Durations.words(seconds)));
        String state = run.status().name().toLowerCase(Locale.ROOT);
        cells.add(new Cell(state, state, false));
        return new Row(run.name().equals(sweep.best()), run.name(), cells);
    }

    /** Without its group, as the name of a run has it. */
    static String label(String key) {
        return key.substring(key.lastIndexOf('.') + 1).replace('-', ' ');
    }

    private static Cell number(Number value, String text) {
        return new Cell(text, value == null ? "" : value.toString(), true);
    }

    private static String loss(Double loss) {
        return loss == null ? "" : Figures.loss(loss);
    }

    private static String bytes(Long bytes) {
        return bytes == null ? "" : Figures.bytes(bytes);
    }
}
