package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.report.SweepSummary;
import org.loraspark.report.SweepSummary.Status;
import org.loraspark.tensor.ProcessMemory;

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
            assertThat(run.memoryBytes())
                    .as("of this process")
                    .isBetween(ProcessMemory.resident() / 4, ProcessMemory.highest());
        }
        assertThat(failed.memoryBytes()).isNull();
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

    @Test
    void laterRunsReadNeitherTheBaseModelNorThePictures() throws IOException {
        Path base = folder.resolve("copied-base");
        copy(Path.of(DemoRun.base()), base);
        Path pictures = folder.resolve("copied-pictures");
        copy(DemoRun.pictures(folder), pictures);
        AtomicBoolean first = new AtomicBoolean(true);
        Previews hide = (setup, weights, prompts, made) -> {
            if (first.getAndSet(false)) {
                move(base, folder.resolve("hidden-base"));
                move(pictures, folder.resolve("hidden-pictures"));
            }
            return Optional.empty();
        };
        SweepRequest request = DemoSweep.over("lora.rank=1,2,3,4");
        String[] overrides = {
            "model.base=" + base,
            "data.dir=" + pictures,
            "work.dir=" + folder.resolve("fresh-work"),
            "train.max-steps=1"
        };
        try (SweepJob job =
                DemoSweep.job(spark, request, folder, "shared", overrides).previews(hide)) {
            SweepOutcome outcome = job.run();
            assertThat(outcome.results()).extracting(RunResult::reason).containsOnly("");
            assertThat(outcome.results()).extracting(RunResult::status).containsOnly(Status.DONE);
            assertThat(outcome.encoded()).isEqualTo(6);
        }
        assertThat(base).doesNotExist();
    }

    @Test
    void sweepThatIsStartedAgainGoesOn() {
        List<Integer> previewed = new CopyOnWriteArrayList<>();
        AtomicBoolean broken = new AtomicBoolean(true);
        Previews breakOnce = (setup, weights, prompts, made) -> {
            int rank = weights.layout().modules().get(0).rank();
            previewed.add(rank);
            if (rank == 2 && broken.getAndSet(false)) {
                throw new IllegalStateException("the preview broke");
            }
            return Optional.empty();
        };
        SweepRequest request = DemoSweep.over("lora.rank=2,4");
        String[] overrides = {"train.max-steps=2", "cluster.sync-every-steps=1", "output.save-steps=1"};
        try (SweepJob job =
                DemoSweep.job(spark, request, folder, "again", overrides).previews(breakOnce)) {
            List<RunResult> results = job.run().results();
            assertThat(results).extracting(RunResult::status).containsExactly(Status.FAILED, Status.DONE);
            assertThat(results.get(0).reason()).isEqualTo("the preview broke");
        }
        previewed.clear();
        try (SweepJob job =
                DemoSweep.job(spark, request, folder, "again", overrides).previews(breakOnce)) {
            assertThat(job.plan()).contains("1 runs have ended before");
            SweepOutcome outcome = job.run();
            assertThat(outcome.results()).extracting(RunResult::status).containsOnly(Status.DONE);
            assertThat(previewed).as("the second of two steps alone").containsExactly(2);
            RunResult resumed = outcome.results().get(0);
            assertThat(outcome.results()).extracting(RunResult::memoryBytes).doesNotContainNull();
            assertThat(DemoSweep.adapter(outcome, resumed))
                    .isEqualTo(DemoSweep.alone(spark, outcome, resumed, folder.resolve("again-alone")));
        }
        assertThatThrownBy(() -> DemoSweep.job(
                        spark, request, folder, "again", "train.max-steps=3", "cluster.sync-every-steps=1"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("train.max-steps = 2, and now it is 3");
    }

    @Test
    void halvingStopsTheWeakTwoThirdsAndTheRestEqualsALoneRun() {
        String[] overrides = {
            "train.max-steps=3", "cluster.sync-every-steps=1", "data.validation-split=0.34", "output.save-steps=0"
        };
        SweepRequest request = DemoSweep.halving(3, "train.learning-rate=1e-5,3e-3,1e-3");
        SweepOutcome outcome = DemoSweep.run(spark, request, folder, "halved", overrides);
        assertThat(outcome.results())
                .extracting(RunResult::status)
                .containsExactlyInAnyOrder(Status.DONE, Status.STOPPED, Status.STOPPED);
        RunResult best = outcome.best().orElseThrow().run();
        for (RunResult run : outcome.results()) {
            if (run.status() == Status.STOPPED) {
                assertThat(run.reason()).startsWith("stopped after round 1 of 3: validation loss");
                assertThat(run.steps()).isEqualTo(1);
            }
        }
        assertThat(best.steps()).isEqualTo(3);
        assertThat(DemoSweep.adapter(outcome, best)).isEqualTo(DemoSweep.alone(spark, outcome, best, folder));

        Previews none = (setup, weights, prompts, made) -> {
            throw new AssertionError("nothing is left to run");
        };
        try (SweepJob job =
                DemoSweep.job(spark, request, folder, "halved", overrides).previews(none)) {
            assertThat(job.run().results()).isEqualTo(outcome.results());
        }
    }

    /**
     * A run of one round is one job on the cluster, all slots train, and the page tells meanwhile how far the sweep is. The
     * overhead of a run, printed, was below 50 ms on a quiet machine; to measure it again:
     * {@code scripts/test -pl executors,driver -Dtest=SweepJobTest#sixtyFourTrivialRunsAreOneJobEach}.
     */
    @Test
    void sixtyFourTrivialRunsAreOneJobEach() throws IOException {
        int runs = 64;
        JobCounter jobs = new JobCounter();
        spark.sparkContext().addSparkListener(jobs);
        List<Integer> finished = new CopyOnWriteArrayList<>();
        Path page = folder.resolve("many/report.html");
        Previews look = (setup, weights, prompts, made) -> {
            finished.add(finishedRuns(page));
            return Optional.empty();
        };
        String rates = IntStream.rangeClosed(1, runs).mapToObj(i -> i + "e-5").collect(Collectors.joining(","));
        try (SweepJob job = DemoSweep.job(
                        spark,
                        DemoSweep.over("train.learning-rate=" + rates),
                        folder,
                        "many",
                        "lora.rank=1",
                        "train.max-steps=1",
                        "output.save-steps=0")
                .previews(look)) {
            SweepOutcome outcome = job.run();
            assertThat(outcome.results()).extracting(RunResult::status).containsOnly(Status.DONE);
            double compute = 0;
            for (RunResult run : outcome.results()) {
                String metrics = Files.readString(folder.resolve(
                        "many/runs/" + run.name() + "/" + run.config().get("output.name") + "-metrics.jsonl"));
                compute += new ObjectMapper()
                        .readTree(metrics)
                        .get("computeSeconds")
                        .doubleValue();
            }
            double overhead = (outcome.seconds() - compute / 2) / runs;
            System.out.printf("%.0f ms of overhead a run, %.0f ms of training%n", 1e3 * overhead, 1e3 * compute / runs);
        } finally {
            spark.sparkContext().removeSparkListener(jobs);
        }
        assertThat(jobs.trained).as("jobs that train").hasValue(runs);
        // Encoding, the shards and the table of results.
        assertThat(jobs.others).as("jobs of all runs together").hasValueLessThan(12);
        assertThat(jobs.mostTasks).as("tasks at a time").hasValueGreaterThanOrEqualTo(2);
        assertThat(finished.get(0)).isZero();
        assertThat(finished.get(runs - 1)).isBetween(1, runs - 1);
    }

    private static int finishedRuns(Path page) {
        try {
            Matcher words = Pattern.compile("(\\d+) of \\d+ runs finished").matcher(Files.readString(page));
            assertThat(words.find()).isTrue();
            return Integer.parseInt(words.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
