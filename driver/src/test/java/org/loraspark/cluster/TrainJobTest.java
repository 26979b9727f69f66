package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.io.LoraFiles;

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

    @Test
    void writesAdapterCheckpointsLogsAndConfig() throws Exception {
        var config = DemoRun.config(
                folder,
                "whole",
                "cluster.workers=2",
                "data.validation-split=0.34",
                "output.save-steps=2",
                "output.formats=[kohya, peft]");
        TrainJob job = new TrainJob(config, spark);

        assertThat(job.plan()).contains("4 to train on", "2 held out", "2 rounds of 2");
        TrainReport report = job.run();
        assertThat(report.rounds())
                .hasSize(2)
                .allSatisfy(round -> assertThat(round.loss()).isPositive().isFinite());
        assertThat(report.adapters()).hasSize(2);
        var adapter =
                LoraFiles.read(new org.apache.hadoop.fs.Path(report.adapters().get(0)), new Configuration());
        assertThat(adapter.weights().layout().modules()).hasSize(192);
        assertThat(adapter.metadata()).containsEntry("ss_steps", "4").containsEntry("ss_network_dim", "4");
        Path output = folder.resolve("whole");
        assertThat(output.resolve("lora.conf")).exists();
        assertThat(Files.readAllLines(output.resolve("lora-metrics.jsonl"))).hasSize(2);
        assertThat(output.resolve("checkpoints/lora-step00000004/manifest.json"))
                .exists();
        assertThat(output.resolve("logs")).isDirectoryRecursivelyContaining("glob:**events.out.tfevents.*");
    }
}
