package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.report.SweepSummary;
import org.loraspark.report.SweepSummary.Status;

@Tag("cluster")
class SweepJobTest {
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
    void finishedRunsHaveTheBytesOfLoneRunsAndAFailedOneIsRecorded() throws IOException {
        SweepOutcome outcome = DemoSweep.run(
                spark,
                DemoSweep.over("train.learning-rate=1e-3,1e30,2e-3"),
                folder,
                "three",
                "train.max-steps=2",
                "data.validation-split=0.34",
                "train.max-grad-norm=0");
        assertThat(outcome.results()).extracting(RunResult::name).containsExactly("lr0.001", "lr1e30", "lr0.002");
        RunResult failed = outcome.results().get(1);
        assertThat(failed.status()).isEqualTo(Status.FAILED);
        assertThat(failed.reason()).isNotBlank();
        assertThat(failed.lasting()).isTrue();
        for (RunResult run : List.of(outcome.results().get(0), outcome.results().get(2))) {
            assertThat(run.status()).isEqualTo(Status.DONE);
            assertThat(DemoSweep.adapter(outcome, run)).isEqualTo(DemoSweep.alone(spark, outcome, run, folder));
        }
        assertThat(outcome.best().orElseThrow().reason()).contains("lowest validation loss of 2 finished runs");
        assertThat(Files.readAllLines(folder.resolve("three/results.csv"))).hasSize(4);
        assertThat(spark.read()
                        .parquet(folder.resolve("three/results.parquet").toString())
                        .count())
                .isEqualTo(3);
        SweepSummary summary = SweepSummary.read(
                new org.apache.hadoop.fs.Path(folder.resolve("three").toUri()),
                spark.sparkContext().hadoopConfiguration());
        assertThat(summary.finished()).isTrue();
        assertThat(summary.runs(Status.DONE)).hasSize(2);
    }
}
