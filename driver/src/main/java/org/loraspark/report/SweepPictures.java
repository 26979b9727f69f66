package org.loraspark.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The last pictures of a sweep's runs beside the base model's: the best run of each rank, or of each value of the first key. */
final class SweepPictures {
    private static final String RANK = "lora.rank";
    private static final int MOST_RUNS = 8;
    private static final int MOST_PROMPTS = 12;

    private SweepPictures() {}

    /**
     * @param results finished runs, the best first
     * @param files what they left
     */
    static Optional<PictureTable> of(SweepSummary sweep, List<SweepSummary.Run> results, Map<String, RunFiles> files) {
        String key = sweep.keys().contains(RANK) ? RANK : sweep.keys().get(0);
        Map<Object, RunFiles> byValue = new TreeMap<>(KeyAxis::compare);
        for (SweepSummary.Run run : results) {
            RunFiles left = files.get(run.name());
            if (left != null
                    && left.record().isPresent()
                    && !left.record().get().previews().isEmpty()) {
                byValue.putIfAbsent(run.values().get(key), left);
            }
        }
        if (byValue.isEmpty()) {
            return Optional.empty();
        }
        List<Object> values = byValue.keySet().stream().limit(MOST_RUNS).toList();
        Object best = results.get(0).values().get(key);
        String label = SweepTable.label(key);
        List<PictureTable.Column> columns = new ArrayList<>(List.of(new PictureTable.Column("base model", false)));
        values.forEach(
                value -> columns.add(new PictureTable.Column(label + " " + KeyAxis.text(value), value.equals(best))));
        RunFiles any = byValue.values().iterator().next();
        List<String> prompts = any.record().orElseThrow().prompts();
        List<PictureTable.Row> rows = new ArrayList<>();
        for (int i = 0; i < Math.min(MOST_PROMPTS, prompts.size()); i++) {
            List<PictureTable.Cell> cells = new ArrayList<>();
            cells.add(new PictureTable.Cell(any.tiles().base(i), "base model"));
            for (Object value : values) {
                RunFiles run = byValue.get(value);
                long step = run.record().orElseThrow().previews().stream()
                        .max(Comparator.comparingLong(RunRecord.Preview::step))
                        .orElseThrow()
                        .step();
                cells.add(new PictureTable.Cell(run.tiles().afterStep(step, i), label + " " + KeyAxis.text(value)));
            }
            rows.add(new PictureTable.Row(prompts.get(i), cells));
        }
        List<String> left = new ArrayList<>();
        if (byValue.size() > MOST_RUNS) {
            left.add(byValue.size() - MOST_RUNS + " values");
        }
        if (prompts.size() > MOST_PROMPTS) {
            left.add(prompts.size() - MOST_PROMPTS + " prompts");
        }
        return Optional.of(new PictureTable(columns.size(), columns, rows, PictureTable.note(left, "of each run")));
    }
}
