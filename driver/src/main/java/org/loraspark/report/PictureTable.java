package org.loraspark.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Pictures of the same prompts from the same seeds, side by side.
 *
 * @param note what was left out; empty when all is there
 */
record PictureTable(int width, List<Column> columns, List<Row> rows, String note) {
    private static final int MOST_PROMPTS = 12;
    private static final int MOST_ROUNDS = 6;

    /** @param best to be looked at first */
    record Column(String label, boolean best) {}

    record Row(String prompt, List<Cell> cells) {}

    /** @param picture a data URI; empty for a gap */
    record Cell(String picture, String alt) {}

    /** The base model's pictures, then those of the run's rounds; of many rounds a spread with the first and the last. */
    static Optional<PictureTable> ofRounds(RunFiles run) {
        RunRecord record = run.record().orElse(null);
        if (record == null || record.previews().isEmpty()) {
            return Optional.empty();
        }
        List<RunRecord.Preview> shown = spread(record.previews());
        List<Column> columns = new ArrayList<>(List.of(new Column("base model", false)));
        shown.forEach(preview -> columns.add(new Column("round " + preview.round(), false)));
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < Math.min(MOST_PROMPTS, record.prompts().size()); i++) {
            List<Cell> cells = new ArrayList<>();
            cells.add(new Cell(run.tiles().base(i), "base model"));
            for (RunRecord.Preview preview : shown) {
                cells.add(new Cell(run.tiles().afterStep(preview.step(), i), "round " + preview.round()));
            }
            if (cells.stream().anyMatch(cell -> !cell.picture().isEmpty())) {
                rows.add(new Row(record.prompts().get(i), cells));
            }
        }
        List<String> left = new ArrayList<>();
        if (record.previews().size() > shown.size()) {
            left.add(record.previews().size() - shown.size() + " rounds");
        }
        if (record.prompts().size() > MOST_PROMPTS) {
            left.add(record.prompts().size() - MOST_PROMPTS + " prompts");
        }
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(new PictureTable(columns.size(), columns, rows, note(left, "of the run")));
    }

    static String note(List<String> left, String whose) {
        return left.isEmpty()
                ? ""
                : "Not shown here: " + String.join(" and ", left) + "; all are in the folder previews " + whose + ".";
    }

    static <T> List<T> spread(List<T> all) {
        if (all.size() <= MOST_ROUNDS) {
            return all;
        }
        List<T> some = new ArrayList<>();
        for (int i = 0; i < MOST_ROUNDS; i++) {
            some.add(all.get(Math.round((float) i * (all.size() - 1) / (MOST_ROUNDS - 1))));
        }
        return some;
    }
}
