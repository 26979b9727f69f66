package org.loraspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
    private static final String NASTY = "<script>alert(1)</script> \"'&";

    @TempDir
    Path folder;

    @Test
    void saysFirstWhetherItWorked() {
        new WrittenRun(folder)
                .workers(2)
                .baseLoss(0.1)
                .round(0.1, 0.08)
                .round(0.06, 0.05)
                .round(0.05, 0.04)
                .finished("a cat");
        try (OpenPage page = page()) {
            page.isSelfContained();
            assertThat(page.text(".sentence")).isEqualTo("It worked: the validation loss fell by 60 %.");
            assertThat(page.texts(".tile dt")).containsExactly("validation loss", "adapter", "time", "pictures seen");
            assertThat(page.text(".tile")).contains("0.1000 → 0.0400");
            assertThat(page.texts(".tile .note")).contains("lora.safetensors");
            assertThat(page.count(".plot")).isEqualTo(3);
            assertThat(page.texts(".way h3")).hasSize(4);
        }
    }

    @Test
    void comparesTheSamePromptsThroughTheRounds() {
        new WrittenRun(folder)
                .prompts("a dog", "a house")
                .round(0.1, null)
                .round(0.09, null)
                .round(0.08, null)
                .finished("a cat");
        try (OpenPage page = page()) {
            page.isSelfContained();
            assertThat(page.texts(".pictures thead th")).containsExactly("base model", "round 1", "round 2", "round 3");
            assertThat(page.texts(".pictures .prompt")).containsExactly("a dog", "a house");
            assertThat(page.count(".pictures img")).isEqualTo(8);
        }
    }

    @Test
    void textIsShownAndNeverRun() {
        new WrittenRun(folder).prompts(NASTY).round(0.1, 0.1).round(0.09, 0.09).finished(NASTY);
        try (OpenPage page = page()) {
            page.isSelfContained();
            assertThat(page.count("script")).isEqualTo(1);
            assertThat(page.count("body b")).isEqualTo(page.count(".tip b"));
            assertThat(page.text(".samples span")).isEqualTo(NASTY);
            assertThat(page.text(".pictures .prompt")).isEqualTo(NASTY);
        }
    }

    @Test
    void leavesOutWhatARunDoesNotHave() {
        new WrittenRun(folder).round(0.1, null).finished("a cat");
        try (OpenPage page = page()) {
            page.isSelfContained();
            assertThat(page.text(".sentence")).isEqualTo("Done: the training loss is 0.1000.");
            assertThat(page.count(".plot")).isZero();
            assertThat(page.count(".pictures")).isZero();
            assertThat(page.texts("h2")).doesNotContain("Training").contains("Use it", "Time");
            assertThat(page.texts("main")).noneMatch(text -> text.contains("null") || text.contains("NaN"));
        }
    }

    @Test
    void isThereWhileTheRunGoesOnAndWhenItFails() {
        WrittenRun run = new WrittenRun(folder).round(0.1, 0.1);
        RunRecorder recorder = run.recorder("a cat");
        RunReport.write(run.path(), WrittenRun.NAME, WrittenRun.conf());
        try (OpenPage page = page()) {
            page.isSelfContained();
            assertThat(page.text(".sentence")).isEqualTo("Round 1 of 6 is done.");
            assertThat(page.texts("h2")).doesNotContain("Use it");
        }
        recorder.failed(new IllegalStateException("the loss of rank 1 is NaN\nmore"));
        try (OpenPage page = page()) {
            assertThat(page.text(".sentence")).isEqualTo("It stopped after round 1.");
            assertThat(page.text(".detail")).isEqualTo("the loss of rank 1 is NaN");
        }
        recorder.interrupted(new IllegalStateException("the cluster is gone"));
        try (OpenPage page = page()) {
            assertThat(page.text(".sentence")).isEqualTo("It was interrupted after round 1.");
            assertThat(page.texts(".verdict .advice code")).containsExactly("--set train.resume-from=latest");
        }
    }

    @Test
    void resumedRunKeepsThePicturesBeforeItsStart() {
        WrittenRun run =
                new WrittenRun(folder).prompts("a dog").round(0.1, null).round(0.09, null);
        run.finished("a cat");
        RunRecord before =
                RunRecord.read(run.path(), WrittenRun.NAME, WrittenRun.conf()).orElseThrow();
        assertThat(before.previews()).extracting(RunRecord.Preview::step).containsExactly(10L, 20L);
        new RunRecorder(run.path(), WrittenRun.NAME, before.setting(), before.prompts(), 10, WrittenRun.conf());
        assertThat(record(run).previews()).extracting(RunRecord.Preview::step).containsExactly(10L);
        new RunRecorder(run.path(), WrittenRun.NAME, before.setting(), List.of("other"), 10, WrittenRun.conf());
        assertThat(record(run).previews()).isEmpty();
    }

    private static RunRecord record(WrittenRun run) {
        return RunRecord.read(run.path(), WrittenRun.NAME, WrittenRun.conf()).orElseThrow();
    }

    private OpenPage page() {
        assertThat(Files.exists(folder.resolve("report.html"))).isTrue();
        return new OpenPage(folder.resolve("report.html"));
    }
}
