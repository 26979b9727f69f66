package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.report.SweepSummary.Status;

/** Two workers on one machine's one core, and in executor processes of their own. */
@Tag("cluster")
class ClusterTest {
    @TempDir
    static Path folder;

    private static byte[] onOneCore;
    private static int slotsOfOneCore;
    private static int slotsOfTwoExecutors;
    private static SparkSession spark;

    @BeforeAll
    static void trainOnOneCoreAndStartTheCluster() throws Exception {
        SparkSession local = SparkSessions.open("local[1]", "test", 2);
        try {
            onOneCore = adapter(DemoRun.train(local, DemoRun.config(folder, "one-core", "cluster.workers=2")));
        } finally {
            local.stop();
        }
        SparkSession small = SparkHome.localCluster(folder, 1, 1);
        try {
            slotsOfOneCore = slots(small);
        } finally {
            SparkHome.stop(small);
        }
        spark = SparkHome.localCluster(folder, 2, 2);
        slotsOfTwoExecutors = slots(spark);
    }

    private static int slots(SparkSession session) {
        return Slots.of(JavaSparkContext.fromSparkContext(session.sparkContext()));
    }

    @AfterAll
    static void stop() {
        SparkHome.stop(spark);
    }

    @Test
    void executorProcessesGiveTheBytesOfOneCore() {
        assertThat(SparkHome.executors(spark, 2))
                .hasSize(2)
                .doesNotContainValue(ProcessHandle.current().pid());
        TrainReport report = DemoRun.train(spark, DemoRun.config(folder, "cluster", "cluster.workers=2"));
        assertThat(adapter(report)).isEqualTo(onOneCore);
    }

    @Test
    void everyCoreOfEveryExecutorIsASlotBeforeTheFirstTask() {
        assertThat(slotsOfTwoExecutors).isEqualTo(2);
        assertThat(slotsOfOneCore).isEqualTo(1);
    }

    @Test
    void runSurvivesAnExecutorKilledInTheMiddleOfARound() {
        Map<String, Long> executors = SparkHome.executors(spark, 2);
        AtomicBoolean armed = new AtomicBoolean();
        AtomicInteger killed = new AtomicInteger();
        killAtTheNextTask(executors, armed, killed);
        // Previews are made between two rounds: the next task to start is one of the second round.
        Previews arm = (setup, weights, prompts, made) -> {
            armed.set(killed.get() == 0);
            return Optional.empty();
        };
        TrainReport report = new TrainJob(
                        DemoRun.config(folder, "killed", "cluster.workers=2", "train.epochs=2"), spark)
                .previews(arm)
                .run();
        assertThat(killed).hasValue(1);
        assertThat(adapter(report)).isEqualTo(onOneCore);
    }

    @Test
    void sweepSurvivesAnExecutorKilledAndARunThatFails() {
        Map<String, Long> executors = SparkHome.executors(spark, 2);
        AtomicBoolean armed = new AtomicBoolean();
        AtomicInteger killed = new AtomicInteger();
        killAtTheNextTask(executors, armed, killed);
        SweepRequest request = DemoSweep.over("train.learning-rate=1e-3,1e30,2e-3,3e-3");
        Previews arm = (setup, weights, prompts, made) -> {
            armed.set(killed.get() == 0);
            return Optional.empty();
        };
        try (SweepJob job = DemoSweep.job(
                        spark, request, folder, "sweep", "train.max-steps=2", "cluster.sync-every-steps=1")
                .previews(arm)) {
            assertThat(job.plan()).contains("each is trained by 1 worker, 2 runs train at a time");
            SweepOutcome outcome = job.run();
            assertThat(killed).hasValue(1);
            assertThat(outcome.results())
                    .extracting(RunResult::status)
                    .containsExactly(Status.DONE, Status.FAILED, Status.DONE, Status.DONE);
            for (RunResult run : outcome.results()) {
                if (run.status() == Status.DONE) {
                    assertThat(DemoSweep.adapter(outcome, run)).isEqualTo(DemoSweep.alone(spark, outcome, run, folder));
                }
            }
        }
    }

    private static void killAtTheNextTask(Map<String, Long> executors, AtomicBoolean armed, AtomicInteger killed) {
        spark.sparkContext().addSparkListener(new SparkListener() {
            @Override
            public void onTaskStart(SparkListenerTaskStart start) {
                Long pid = executors.get(start.taskInfo().executorId());
                if (pid != null && armed.compareAndSet(true, false)) {
                    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
                    killed.incrementAndGet();
                }
            }
        });
    }

    private static byte[] adapter(TrainReport report) {
        return DemoRun.bytes(report.adapters().get(0));
    }
}
