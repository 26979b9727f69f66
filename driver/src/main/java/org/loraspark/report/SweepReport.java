package org.loraspark.report;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.console.Durations;
import org.loraspark.io.AtomicFiles;
import org.loraspark.report.SweepSummary.Run;
import org.loraspark.report.SweepSummary.Status;

/**
 * {@code report.html} of a sweep: one file that needs nothing beside it, made of {@link SweepSummary} and its runs' folders.
 * It may be written again and again while the sweep runs; runs that have ended are read once.
 */
public final class SweepReport {
    /** Curves of more runs are a grey area. */
    private static final int MOST_CURVES = 40;

    private final Path folder;
    private final Configuration conf;
    private final Map<String, RunFiles> ended = new HashMap<>();

    /** @param folder the sweep's */
    public SweepReport(Path folder, Configuration conf) {
        this.folder = folder;
        this.conf = conf;
    }

    /**
     * What {@code sweep.html} shows; as in {@link RunReport.Page} what a sweep does not have is not there.
     *
     * @param progress null when the sweep has ended
     * @param parallel null for a single key, which a scatter plot shows
     * @param ended runs that stopped early or failed
     */
    record Page(
            String title,
            String subtitle,
            Verdict verdict,
            Progress progress,
            List<String> remarks,
            List<Tile> tiles,
            PictureTable pictures,
            String picturesTitle,
            Parallel parallel,
            List<Scatter> scatters,
            Chart curves,
            SweepTable table,
            List<Ended> ended,
            Usage usage,
            List<Facts.Fact> facts,
            String config) {
        public boolean isCharted() {
            return parallel != null || !scatters.isEmpty() || curves != null;
        }
    }

    /** @param how one sentence */
    record Ended(String run, String how) {
        static Ended of(Run run) {
            String status = run.status().name().toLowerCase(Locale.ROOT);
            String reason = run.reason();
            return new Ended(
                    run.name(),
                    reason.isEmpty() ? status : reason.startsWith(status) ? reason : status + ": " + reason);
        }
    }

    /** @param words {@code 7 of 16 runs finished} */
    record Progress(int finished, int all, String words) {}

    /** From the folder's {@code sweep.json}. */
    public synchronized Path write() {
        Path file = new Path(folder, RunReport.FILE_NAME);
        String page = Template.named("sweep.html").fill(page(SweepSummary.read(folder, conf)));
        AtomicFiles.write(file, conf, page.getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private Map<String, RunFiles> files(SweepSummary sweep) {
        Map<String, RunFiles> files = new HashMap<>(ended);
        for (Run run : sweep.runs()) {
            if (!files.containsKey(run.name())) {
                RunFiles.only(new Path(folder, run.folder()), conf).ifPresent(left -> files.put(run.name(), left));
            }
            if (run.status().isEnd() && files.containsKey(run.name())) {
                ended.put(run.name(), files.get(run.name()));
            }
        }
        return files;
    }

    private Page page(SweepSummary sweep) {
        Map<String, RunFiles> files = files(sweep);
        List<Run> done = sweep.runs(Status.DONE).stream()
                .filter(run -> run.loss() != null)
                .toList();
        boolean validated = !done.isEmpty() && done.stream().allMatch(run -> run.validationLoss() != null);
        // What the sweep calls the best stays in front of its equals.
        List<Run> ranked = done.stream()
                .sorted(Comparator.comparing((Run run) -> loss(run, validated))
                        .thenComparing(run -> !run.name().equals(sweep.best())))
                .toList();
        Optional<Run> best =
                ranked.stream().filter(run -> run.name().equals(sweep.best())).findFirst();
        Optional<RunFiles> bestFiles = best.map(run -> files.get(run.name()));
        String measure = validated ? "validation loss" : "training loss";
        return new Page(
                sweep.name(),
                sweep.runs().size() + " runs over " + String.join(", ", sweep.keys()),
                verdict(sweep),
                sweep.finished() ? null : progress(sweep),
                sweep.notes().stream().map(note -> sentence(note, sweep)).toList(),
                tiles(sweep, best, ranked, validated),
                ranked.isEmpty() ? null : SweepPictures.of(sweep, ranked, files).orElse(null),
                "Same prompts, same seeds",
                ranked.isEmpty() || sweep.keys().size() < 2 ? null : parallel(sweep, ranked, validated, measure),
                ranked.size() < 2 ? List.of() : scatters(sweep, ranked, validated, measure),
                validated ? curves(sweep, files).orElse(null) : null,
                SweepTable.of(sweep, validated),
                sweep.runs().stream()
                        .filter(run -> run.status() == Status.FAILED || run.status() == Status.STOPPED)
                        .map(Ended::of)
                        .toList(),
                best.filter(run -> !run.adapter().isEmpty())
                        .flatMap(run -> bestFiles)
                        .flatMap(RunFiles::record)
                        .map(record -> RunReport.usage(
                                bestFiles.get(),
                                record.adapters(),
                                new Path(folder, best.get().folder()).toString()))
                        .orElse(null),
                bestFiles.map(Facts::of).orElse(List.of()),
                bestFiles.map(run -> run.configText().strip()).orElse(""));
    }

    private static Verdict verdict(SweepSummary sweep) {
        String status = sweep.finished() ? "done" : "running";
        if (sweep.best().isEmpty()) {
            return sweep.finished()
                    ? new Verdict("bad", "failed", "No run came to its end.", "", List.of())
                    : new Verdict("plain", status, "No run has come to its end yet.", "", List.of());
        }
        String sentence = sweep.finished() ? "Take " + sweep.best() + "." : "Best so far: " + sweep.best() + ".";
        return new Verdict("good", status, sentence, "It has the " + sweep.reason() + ".", List.of());
    }

    private static Progress progress(SweepSummary sweep) {
        int finished =
                (int) sweep.runs().stream().filter(run -> run.status().isEnd()).count();
        int all = sweep.runs().size();
        return new Progress(finished, all, finished + " of " + all + (all == 1 ? " run" : " runs") + " finished");
    }

    private static List<Tile> tiles(SweepSummary sweep, Optional<Run> best, List<Run> ranked, boolean validated) {
        List<Tile> tiles = new ArrayList<>();
        best.ifPresent(run -> {
            double worst = loss(ranked.get(ranked.size() - 1), validated);
            tiles.add(new Tile(
                    validated ? "validation loss" : "training loss",
                    "",
                    Figures.loss(loss(run, validated)),
                    ranked.size() < 2 ? "" : "the others up to " + Figures.loss(worst)));
            if (run.adapterBytes() != null) {
                tiles.add(new Tile("adapter", "", Figures.bytes(run.adapterBytes()), run.adapter()));
            }
        });
        List<String> ends = new ArrayList<>();
        for (Status status : Status.values()) {
            int count = sweep.runs(status).size();
            if (count > 0 && status != Status.DONE) {
                ends.add(count + " " + status.name().toLowerCase(Locale.ROOT));
            }
        }
        tiles.add(new Tile(
                "runs done",
                "",
                sweep.runs(Status.DONE).size() + " of " + sweep.runs().size(),
                String.join(", ", ends)));
        double together = sweep.runs().stream()
                .filter(run -> run.seconds() != null)
                .mapToDouble(Run::seconds)
                .sum();
        tiles.add(new Tile(
                "time", "", Durations.words(sweep.seconds()), "the runs add up to " + Durations.words(together)));
        return tiles;
    }

    private static Parallel parallel(SweepSummary sweep, List<Run> ranked, boolean validated, String measure) {
        List<Parallel.Result> results = new ArrayList<>();
        ranked.forEach(run -> results.add(new Parallel.Result(run.name(), run.values(), loss(run, validated))));
        sweep.runs().stream()
                .filter(run -> run.status() == Status.STOPPED || run.status() == Status.FAILED)
                .forEach(run -> results.add(new Parallel.Result(run.name(), run.values(), null)));
        return Parallel.of(sweep.keys(), measure, results);
    }

    private static List<Scatter> scatters(SweepSummary sweep, List<Run> ranked, boolean validated, String measure) {
        return sweep.keys().stream()
                .map(key -> Scatter.of(
                        key,
                        measure,
                        ranked.stream()
                                .map(run -> new Scatter.Result(
                                        run.name(),
                                        run.values().get(key),
                                        loss(run, validated),
                                        run.name().equals(sweep.best())))
                                .toList()))
                .toList();
    }

    private static Optional<Chart> curves(SweepSummary sweep, Map<String, RunFiles> files) {
        List<Chart.Series> series = new ArrayList<>();
        for (Run run : sweep.runs()) {
            List<RoundMetrics> rounds =
                    files.containsKey(run.name()) ? files.get(run.name()).validated() : List.of();
            boolean best = run.name().equals(sweep.best());
            if (rounds.size() > 1 && (best || series.size() < MOST_CURVES)) {
                List<Chart.Point> points = rounds.stream()
                        .map(r -> new Chart.Point(r.round(), r.validationLoss(), "round " + r.round()))
                        .toList();
                series.add(new Chart.Series(best ? Chart.MAIN : Chart.OTHER, best ? run.name() : "other runs", points));
            }
        }
        // The last is drawn over the others.
        series.sort(Comparator.comparing((Chart.Series s) -> s.kind().equals(Chart.MAIN)));
        return series.stream().noneMatch(s -> s.kind().equals(Chart.MAIN))
                ? Optional.empty()
                : Optional.of(Chart.of("Validation loss", "round", series, false, Figures::loss, List.of()));
    }

    private static double loss(Run run, boolean validated) {
        return validated ? run.validationLoss() : run.loss();
    }

    /** A run's name keeps its spelling. */
    private static String sentence(String note, SweepSummary sweep) {
        boolean name = sweep.runs().stream().anyMatch(run -> note.startsWith(run.name()));
        return (name ? note : Figures.capital(note)) + ".";
    }
}
