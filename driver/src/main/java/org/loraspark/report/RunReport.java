package org.loraspark.report;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.console.Durations;
import org.loraspark.io.AtomicFiles;

/** {@code report.html} of a run: one file that needs nothing beside it, made of what the run has left so far. */
public final class RunReport {
    public static final String FILE_NAME = "report.html";

    private RunReport() {}

    /**
     * What {@code run.html} shows. What a run does not have is empty or null, and its part of the page is not there.
     *
     * @param losses null for a run of one round, as the other charts
     */
    record Page(
            String title,
            String subtitle,
            Verdict verdict,
            List<Tile> tiles,
            PictureTable pictures,
            Chart losses,
            Chart drift,
            Chart learningRate,
            List<Phases.Bar> phases,
            Usage usage,
            List<Facts.Fact> facts,
            List<RunRecord.Sample> samples,
            List<String> notes,
            List<Row> rounds,
            boolean validated,
            boolean several,
            String config) {
        public boolean isCharted() {
            return losses != null || drift != null || learningRate != null;
        }
    }

    /** A round in the table of all. */
    record Row(
            String round,
            String step,
            String loss,
            String validation,
            String learningRate,
            String drift,
            String speed,
            String seconds) {}

    /** @param name of the adapter's file, without its ending */
    public static Path write(Path outputDir, String name, Configuration conf) {
        Path file = new Path(outputDir, FILE_NAME);
        String page = Template.named("run.html").fill(page(RunFiles.read(outputDir, name, conf), outputDir.toString()));
        AtomicFiles.write(file, conf, page.getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private static Page page(RunFiles run, String folder) {
        Curves curves = new Curves(run);
        Optional<RunRecord> record = run.record();
        List<RunRecord.Adapter> adapters = record.map(RunRecord::adapters).orElse(List.of());
        Phases phases = record.map(r -> Phases.of(run.rounds(), r)).orElseGet(() -> Phases.of(run.rounds()));
        return new Page(
                run.name(),
                "LoRA of rank " + run.key("lora.rank") + " on " + run.key("model.base"),
                Verdict.of(run),
                tiles(run, adapters, phases),
                PictureTable.ofRounds(run).orElse(null),
                curves.losses().orElse(null),
                curves.drift().orElse(null),
                curves.learningRate().orElse(null),
                run.rounds().isEmpty() ? List.of() : phases.bars(),
                adapters.isEmpty() ? null : usage(run, adapters, folder),
                Facts.of(run),
                record.map(r -> r.setting().samples()).orElse(List.of()),
                record.map(r -> r.setting().notes()).orElse(List.of()),
                run.rounds().stream().map(RunReport::row).toList(),
                !run.validated().isEmpty(),
                run.rounds().stream().anyMatch(r -> r.drift() != 0),
                run.configText().strip());
    }

    private static List<Tile> tiles(RunFiles run, List<RunRecord.Adapter> adapters, Phases phases) {
        List<Tile> tiles = new ArrayList<>();
        List<RoundMetrics> rounds = run.rounds();
        List<RoundMetrics> validated = run.validated();
        Double base = run.record().map(RunRecord::baseLoss).orElse(null);
        if (!validated.isEmpty()) {
            double to = validated.get(validated.size() - 1).validationLoss();
            double from = base != null ? base : validated.get(0).validationLoss();
            boolean moved = base != null || validated.size() > 1;
            tiles.add(new Tile(
                    "validation loss",
                    moved ? Figures.loss(from) : "",
                    Figures.loss(to),
                    moved ? Figures.change(from, to) + (base != null ? " by training" : " since round 1") : ""));
        } else if (!rounds.isEmpty()) {
            double from = rounds.get(0).loss();
            double to = rounds.get(rounds.size() - 1).loss();
            tiles.add(new Tile(
                    "training loss",
                    rounds.size() > 1 ? Figures.loss(from) : "",
                    Figures.loss(to),
                    rounds.size() > 1 ? Figures.change(from, to) + " since round 1" : ""));
        }
        for (RunRecord.Adapter adapter : adapters) {
            tiles.add(new Tile("adapter", "", Figures.bytes(adapter.bytes()), adapter.file()));
        }
        if (!rounds.isEmpty()) {
            RoundMetrics last = rounds.get(rounds.size() - 1);
            tiles.add(new Tile(
                    "time",
                    "",
                    Durations.words(phases.seconds()),
                    Figures.decimal(last.samples() / Phases.of(rounds).seconds(), 1) + " pictures a second"));
            tiles.add(new Tile(
                    "pictures seen",
                    "",
                    Figures.count(last.samples()),
                    Figures.count(last.step()) + " steps in " + rounds.size()
                            + (rounds.size() == 1 ? " round" : " rounds")));
        }
        return tiles;
    }

    static Usage usage(RunFiles run, List<RunRecord.Adapter> adapters, String folder) {
        String kohya = "";
        String peft = "";
        for (RunRecord.Adapter adapter : adapters) {
            if (adapter.file().contains("/")) {
                peft = adapter.file();
            } else {
                kohya = adapter.file();
            }
        }
        List<String> prompts = run.record().map(RunRecord::prompts).orElse(List.of());
        return Usage.of(run.key("model.base"), folder, kohya, peft, prompts.isEmpty() ? "a castle" : prompts.get(0));
    }

    private static Row row(RoundMetrics round) {
        return new Row(
                Long.toString(round.round()),
                Figures.count(round.step()),
                Figures.loss(round.loss()),
                round.validationLoss() == null ? "" : Figures.loss(round.validationLoss()),
                Figures.rate(round.learningRate()),
                Figures.decimal(round.drift(), 3),
                Figures.decimal(round.samplesPerSecond(), 1),
                Figures.decimal(Phases.of(List.of(round)).seconds(), 1));
    }
}
