package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.UserError;
import org.loraspark.config.TrainConfig;
import org.loraspark.io.LoraFiles;
import org.loraspark.train.TrainingDivergedException;

@Tag("cluster")
class TrainJobTest {
    @TempDir
    static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = SparkSessions.open("local[2]", "test", 2);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** Two rounds: a preview at the end is always made. */
    @ParameterizedTest
    @CsvSource({"0,one", "1,2 times", "2,one"})
    void thePlanTellsHowManyPreviewsThereWillBe(int everyRounds, String times) {
        TrainConfig config = DemoRun.config(
                folder,
                "planned",
                "cluster.workers=2",
                "data.validation-split=0.34",
                "preview.prompts=[cat]",
                "preview.every-rounds=" + everyRounds);
        assertThat(new TrainJob(config, spark).plan()).contains(times + ", of 1 prompt: about ");
    }

    @Test
    void writesAdapterCheckpointsLogsAndConfig() throws IOException {
        TrainConfig config = DemoRun.config(
                folder,
                "whole",
                "cluster.workers=2",
                "data.validation-split=0.34",
                "output.save-steps=2",
                "output.keep-checkpoints=1",
                "output.formats=[kohya, peft]");
        TrainJob job = new TrainJob(config, spark).previews(Previews.NONE);
        assertThat(job.plan())
                .contains("4 to train on", "2 held out", "2 rounds of 2", "2 times, of 2 prompts: about ");
        TrainReport report = job.run();
        assertThat(report.rounds()).hasSize(2).allSatisfy(round -> {
            assertThat(round.loss()).isPositive().isFinite();
            assertThat(round.validationLoss()).isPositive().isFinite();
            assertThat(round.samples()).isEqualTo(4 * round.round());
        });
        assertThat(report.adapters()).hasSize(2);
        var adapter = LoraFiles.read(hadoop(Path.of(report.adapters().get(0))), new Configuration());
        assertThat(adapter.weights().layout().modules()).hasSize(192);
        assertThat(adapter.metadata())
                .containsEntry("ss_steps", "4")
                .containsEntry("ss_network_dim", "4")
                .containsEntry("ss_network_alpha", "2.0");
        var peft = LoraFiles.read(hadoop(Path.of(report.adapters().get(1))), new Configuration());
        assertThat(peft.arrangedAs(adapter.weights().layout())).isEqualTo(adapter.weights());
        Path output = folder.resolve("whole");
        assertThat(output.resolve("lora.conf")).exists();
        assertThat(Files.readAllLines(output.resolve("lora-metrics.jsonl"))).hasSize(2);
        assertThat(output.resolve("checkpoints")).isDirectoryContaining("glob:**lora-step00000004");
        assertThat(output.resolve("checkpoints/lora-step00000002")).doesNotExist();
        assertThat(output.resolve("report.html")).content().contains("validation loss", "lora.safetensors", "round 2");
        assertThat(output.resolve("lora-run.json")).content().contains("\"DONE\"", "\"baseLoss\" : 0.");
        assertThat(output.resolve("logs")).isDirectoryRecursivelyContaining("glob:**events.out.tfevents.*");
    }

    @Test
    void resumedRunEqualsUninterruptedRun() throws IOException {
        String[] keys = {"cluster.workers=2", "output.save-steps=3", "train.lr-scheduler=constant"};
        TrainReport whole = DemoRun.train(spark, DemoRun.config(folder, "uninterrupted", keys));
        DemoRun.train(spark, DemoRun.config(folder, "stopped", with(keys, "train.max-steps=3")));
        TrainReport resumed =
                DemoRun.train(spark, DemoRun.config(folder, "stopped", with(keys, "train.resume-from=latest")));
        assertThat(resumed.state()).isEqualTo(whole.state());
        assertThat(DemoRun.bytes(resumed.adapters().get(0)))
                .isEqualTo(DemoRun.bytes(whole.adapters().get(0)));
        assertThat(resumed.rounds()).hasSameSizeAs(whole.rounds());

        assertThatThrownBy(() -> new TrainJob(
                        DemoRun.config(folder, "stopped", with(keys, "train.resume-from=latest", "train.seed=8")),
                        spark))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("train.seed = 8 (the checkpoint has 7)");

        Path newest = folder.resolve("stopped/checkpoints/lora-step00000006");
        Files.write(newest.resolve("optimizer.safetensors"), new byte[12]);
        assertThatThrownBy(() ->
                        new TrainJob(DemoRun.config(folder, "stopped", with(keys, "train.resume-from=latest")), spark))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("optimizer.safetensors has 12 bytes")
                .hasMessageContaining("lora-step00000003");
    }

    @Test
    void finishedAdapterIsTrainedFurtherWithItsOwnRank() {
        String first = DemoRun.train(spark, DemoRun.config(folder, "first", "train.max-steps=1"))
                .adapters()
                .get(0);
        TrainConfig config = DemoRun.config(
                folder, "second", "train.max-steps=1", "train.resume-from=" + first, "lora.rank=16", "lora.alpha=16");
        TrainReport second = DemoRun.train(spark, config);
        assertThat(second.state().layout().modules())
                .allSatisfy(module -> assertThat(module.rank()).isEqualTo(4));
        assertThat(DemoRun.bytes(second.adapters().get(0))).isNotEqualTo(DemoRun.bytes(first));
        assertThatThrownBy(() -> new TrainJob(
                        DemoRun.config(folder, "third", "train.resume-from=" + first, "lora.rank=5"), spark))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("has rank 4, the config asks for lora.rank = 5");
    }

    @Test
    void divergedRunNamesWhatBrokeAndKeepsItsLastCheckpoint() {
        TrainConfig config = DemoRun.config(
                folder, "diverged", "train.learning-rate=1e30", "cluster.sync-every-steps=1", "output.save-steps=1");
        assertThatThrownBy(() -> DemoRun.train(spark, config))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("worker 0 at step 2")
                .hasMessageContaining(".png")
                .hasMessageContaining("unet.");
        assertThat(folder.resolve("diverged/checkpoints")).isDirectoryContaining("glob:**lora-step00000001");
    }

    @Test
    void roundsOfOneWorkerFollowEachOtherInOneTask() {
        String[] keys = {
            "train.epochs=4", "cluster.sync-every-steps=2", "data.validation-split=0.34", "preview.every-rounds=0"
        };
        JobCounter jobs = new JobCounter();
        spark.sparkContext().addSparkListener(jobs);
        TrainReport together = DemoRun.train(spark, DemoRun.config(folder, "together", keys));
        int few = jobs.trained.get();
        TrainReport oneByOne =
                DemoRun.train(spark, DemoRun.config(folder, "one-by-one", with(keys, "output.save-steps=2")));
        int all = jobs.trained.get() - few;
        spark.sparkContext().removeSparkListener(jobs);

        assertThat(together.rounds()).hasSize(8);
        // Beside the rounds, one measures the base model's loss.
        assertThat(all).isEqualTo(1 + 8);
        assertThat(few).isLessThanOrEqualTo(1 + 5);
        assertThat(together.state()).isEqualTo(oneByOne.state());
        assertThat(together.rounds())
                .usingRecursiveComparison()
                .comparingOnlyFields(
                        "round",
                        "step",
                        "epoch",
                        "samples",
                        "loss",
                        "validationLoss",
                        "learningRate",
                        "gradientNorm",
                        "drift")
                .isEqualTo(oneByOne.rounds());
    }

    @Test
    void roundsBeforeAFailureAreRecorded() throws IOException {
        TrainConfig config = DemoRun.config(
                folder,
                "failed-later",
                "train.learning-rate=1e30",
                "cluster.sync-every-steps=1",
                "preview.every-rounds=0");
        assertThatThrownBy(() -> DemoRun.train(spark, config))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("worker 0 at step 2");
        assertThat(Files.readAllLines(folder.resolve("failed-later/lora-metrics.jsonl")))
                .hasSize(1);
    }

    private static String[] with(String[] keys, String... more) {
        List<String> all = new ArrayList<>(List.of(keys));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static org.apache.hadoop.fs.Path hadoop(Path path) {
        return new org.apache.hadoop.fs.Path(path.toUri());
    }
}
