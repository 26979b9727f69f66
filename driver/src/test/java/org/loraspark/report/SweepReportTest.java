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

            page.click("thead th:nth-child(2) button");
            assertThat(names(page)).containsExactly("b", "c", "a", "d");
            page.click("thead th:nth-child(2) button");
            assertThat(names(page)).containsExactly("d", "a", "c", "b");
            assertThat(page.element("thead th:nth-child(2)").getAttribute("aria-sort"))
                    .isEqualTo("descending");
            assertThat(page.count("[aria-sort]")).isEqualTo(1);

            page.click("thead th:nth-child(3) button");
            assertThat(names(page)).containsExactly("c", "a", "d", "b");
            page.click("thead th:nth-child(4) button");
            assertThat(names(page)).endsWith("c");
            page.click("thead th:nth-child(4) button");
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
            assertThat(page.count(".plot")).isZero();
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
        var path = new org.apache.hadoop.fs.Path(folder.toUri());
        String reason = best.isEmpty() ? "" : "lowest validation loss of 2 finished runs";
        new SweepSummary("sweep", true, KEYS, best, reason, List.of(), 100, runs).write(path, WrittenRun.conf());
        SweepReport.write(path, WrittenRun.conf());
        return new OpenPage(folder.resolve("report.html"));
    }
}
