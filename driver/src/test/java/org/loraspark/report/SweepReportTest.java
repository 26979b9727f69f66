package org.loraspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.report.SweepSummary.Run;
import org.loraspark.report.SweepSummary.Status;

class SweepReportTest {
    private static final List<String> KEYS = List.of("lora.rank", "train.learning-rate");

    @TempDir
    Path folder;

    @Test
    void namesTheBestRunAndShowsARanksPicturesForEachPrompt() {
        trained("rank16-lr0.001", 0.04);
        trained("rank4-lr0.001", 0.06);
        try (OpenPage page = page(
                List.of(done("rank4-lr0.001", 4, 1e-3, 0.06), done("rank16-lr0.001", 16, 1e-3, 0.04)),
                "rank16-lr0.001")) {
            page.isSelfContained();
            assertThat(page.text(".sentence")).isEqualTo("Take rank16-lr0.001.");
            assertThat(page.text(".detail")).isEqualTo("It has the lowest validation loss of 2 finished runs.");
            assertThat(page.texts(".pictures thead th")).containsExactly("base model", "rank 4", "rank 16");
            assertThat(page.text(".pictures thead .best")).isEqualTo("rank 16");
            assertThat(page.count(".pictures img")).isEqualTo(6);
            assertThat(page.texts(".way h3")).hasSize(4);
            assertThat(page.texts(".way pre").get(0)).contains("<lora:lora:0.8>");
            assertThat(page.count(".point")).isEqualTo(4);
            assertThat(page.count(".point.best")).isEqualTo(2);
        }
    }

    @Test
    void tableSortsByValueUpAndDownWithUnknownValuesLast() {
        List<Run> runs = List.of(
                done("a", 16, 2e-4, 0.05),
                done("b", 4, 1e-3, 0.04),
                ended("c", 8, 1e-4, Status.FAILED, "the loss is NaN"),
                done("d", 32, 5e-4, 0.06));
        try (OpenPage page = page(runs, "b")) {
            page.isSelfContained();
            assertThat(names(page)).containsExactly("b", "a", "d", "c");
            assertThat(page.text("[aria-sort]")).isEqualTo("validation loss");

            page.click("thead th:nth-child(4) button");
            assertThat(names(page)).containsExactly("b", "c", "a", "d");
            page.click("thead th:nth-child(4) button");
            assertThat(names(page)).containsExactly("d", "a", "c", "b");
            assertThat(page.element("thead th:nth-child(4)").getAttribute("aria-sort"))
                    .isEqualTo("descending");
            assertThat(page.count("[aria-sort]")).isEqualTo(1);

            page.click("thead th:nth-child(5) button");
            assertThat(names(page)).containsExactly("c", "a", "d", "b");
            page.click("thead th:nth-child(2) button");
            assertThat(names(page)).endsWith("c");
            page.click("thead th:nth-child(2) button");
            assertThat(names(page)).containsExactly("d", "a", "b", "c");
        }
    }

    @Test
    void tellsWhyRunsDidNotFinish() {
        List<Run> runs = List.of(
                done("a", 16, 2e-4, 0.05),
                ended("<b>b</b>", 4, 1e-3, Status.FAILED, "<script>NaN</script>"),
                ended("c", 8, 1e-4, Status.STOPPED, "among the weaker half"));
        try (OpenPage page = page(runs, "a")) {
            page.isSelfContained();
            assertThat(page.texts("h2")).contains("What did not finish").doesNotContain("Same prompts, same seeds");
            assertThat(page.texts(".facts dt")).containsExactly("<b>b</b>", "c");
            assertThat(page.texts(".facts dd"))
                    .containsExactly("failed: <script>NaN</script>", "stopped: among the weaker half");
            assertThat(page.texts(".tile .note")).contains("1 stopped, 1 failed");
            assertThat(page.count(".scatter")).isZero();
        }
    }

    @Test
    void sweepWithoutAFinishedRunSaysSo() {
        try (OpenPage page = page(List.of(ended("c", 8, 1e-4, Status.FAILED, "out of memory")), "")) {
            page.isSelfContained();
            assertThat(page.text(".sentence")).isEqualTo("No run came to its end.");
            assertThat(page.texts("main")).noneMatch(text -> text.contains("null") || text.contains("NaN"));
        }
    }

    @Test
    void textsAndManyNumbersHaveTheirPlacesOnTheAxis() {
        Scatter words = Scatter.of(
                "train.lr-scheduler",
                "loss",
                List.of(new Scatter.Result("a", "cosine", 1, true), new Scatter.Result("b", "constant", 2, false)));
        assertThat(words.x()).extracting(Chart.Tick::label).containsExactly("constant", "cosine");
        assertThat(words.points()).extracting(Scatter.Point::left).containsExactly(25.0, 75.0);
        List<Scatter.Result> many = IntStream.rangeClosed(0, 20)
                .mapToObj(i -> new Scatter.Result("run" + i, 1e-5 * Math.pow(10, i / 10.0), i + 1, i == 0))
                .toList();
        Scatter rates = Scatter.of("train.learning-rate", "loss", many);
        assertThat(rates.x()).extracting(Chart.Tick::label).contains("1e-5", "1e-4", "1e-3");
        assertThat(rates.points()).allSatisfy(point -> assertThat(point.left()).isBetween(0.0, 100.0));
    }

    @Test
    void sweepThatStillRunsSaysHowFarItIs() {
        List<Run> runs = List.of(
                done("a", 16, 2e-4, 0.05),
                ended("b", 4, 1e-3, Status.RUNNING, ""),
                ended("c", 8, 1e-3, Status.FAILED, "the loss is NaN"),
                ended("d", 32, 5e-4, Status.PLANNED, ""));
        try (OpenPage page = page(runs, "a", false)) {
            page.isSelfContained();
            assertThat(page.text(".progress")).startsWith("2 of 4 runs finished");
            assertThat(page.text(".sentence")).isEqualTo("Best so far: a.");
        }
        try (OpenPage page = page(runs, "a")) {
            assertThat(page.count(".progress")).isZero();
        }
    }

    @Test
    void writtenAgainItShowsWhatHasBecomeOfTheRunsSince() {
        trained("a", 0.05);
        var path = new org.apache.hadoop.fs.Path(folder.toUri());
        SweepReport report = new SweepReport(path, WrittenRun.conf());
        Run late = ended("b", 4, 1e-3, Status.PLANNED, "");
        summary(List.of(done("a", 16, 1e-3, 0.05), late), "a", false).write(path, WrittenRun.conf());
        report.write();
        trained("b", 0.04);
        summary(List.of(done("a", 16, 1e-3, 0.05), done("b", 4, 1e-3, 0.04)), "b", true)
                .write(path, WrittenRun.conf());
        report.write();
        try (OpenPage page = new OpenPage(folder.resolve("report.html"))) {
            assertThat(page.text(".sentence")).isEqualTo("Take b.");
            assertThat(page.texts(".pictures thead th")).containsExactly("base model", "rank 4", "rank 16");
        }
    }

    @Test
    void severalKeysHaveAnAxisEachAndALineForEachRun() {
        List<Run> runs = List.of(
                done("a", 16, 2e-4, 0.05),
                done("b", 4, 1e-3, 0.04),
                ended("c", 8, 1e-4, Status.STOPPED, "among the weaker half"));
        try (OpenPage page = page(runs, "b")) {
            page.isSelfContained();
            assertThat(page.texts(".upright b")).containsExactly("rank", "learning rate", "validation loss");
            assertThat(page.count(".run")).isEqualTo(3);
            assertThat(page.text(".run.best title"))
                    .isEqualTo("b: lora.rank 4, train.learning-rate 1e-3, validation loss 0.0400");
            assertThat(page.texts(".parallel .legend span"))
                    .containsExactly("best run", "other runs", "stopped or failed");
        }
    }

    @Test
    void linesOfParallelCoordinatesRunThroughTheirValues() {
        List<Parallel.Result> runs = List.of(
                new Parallel.Result("a", Map.of("lora.rank", 16), 1.0),
                new Parallel.Result("b", Map.of("lora.rank", 4), 2.0),
                new Parallel.Result("c", Map.of("lora.rank", 8), null));
        Parallel plot = Parallel.of(List.of("lora.rank"), "loss", runs);
        assertThat(plot.axes()).extracting(Parallel.Upright::left).containsExactly(0.0, 100.0);
        assertThat(plot.axes().get(0).ticks())
                .containsExactly(new Chart.Tick(100, "4"), new Chart.Tick(50, "8"), new Chart.Tick(0, "16"));
        assertThat(plot.lines())
                .extracting(Parallel.Line::path)
                .containsExactly(
                        "M0.00 50.00",
                        "M0.00 100.00C50.00 100.00 50.00 0.00 100.00 0.00",
                        "M0.00 0.00C50.00 0.00 50.00 100.00 100.00 100.00");
    }

    private static List<String> names(OpenPage page) {
        return page.texts("tbody th[scope=row]");
    }

    private void trained(String name, double loss) {
        new WrittenRun(folder.resolve("runs/" + name))
                .prompts("a dog", "a house")
                .round(0.1, 0.1)
                .round(0.05, loss)
                .finished("a cat");
    }

    private static Run done(String name, int rank, double rate, double loss) {
        String adapter = "runs/" + name + "/lora.safetensors";
        return new Run(
                name, values(rank, rate), Status.DONE, "", 20, loss, loss, 8.0, 60.0, 1L << 30, 1000L * rank, adapter);
    }

    private static Run ended(String name, int rank, double rate, Status status, String reason) {
        return new Run(name, values(rank, rate), status, reason, 3, null, null, null, null, 1L << 30, null, "");
    }

    private static Map<String, Object> values(int rank, double rate) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("lora.rank", rank);
        values.put("train.learning-rate", rate);
        return values;
    }

    private OpenPage page(List<Run> runs, String best) {
        return page(runs, best, true);
    }

    private OpenPage page(List<Run> runs, String best, boolean finished) {
        var path = new org.apache.hadoop.fs.Path(folder.toUri());
        summary(runs, best, finished).write(path, WrittenRun.conf());
        new SweepReport(path, WrittenRun.conf()).write();
        return new OpenPage(folder.resolve("report.html"));
    }

    private static SweepSummary summary(List<Run> runs, String best, boolean finished) {
        String reason = best.isEmpty() ? "" : "lowest validation loss of 2 finished runs";
        return new SweepSummary("sweep", finished, KEYS, best, reason, List.of(), 100, runs);
    }
}
