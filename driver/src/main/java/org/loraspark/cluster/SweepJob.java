package org.loraspark.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.loraspark.cluster.sweep.Candidate;
import org.loraspark.cluster.sweep.Halving;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.config.EffectiveConfig;
import org.loraspark.config.PreviewSettings;
import org.loraspark.io.Storage;
import org.loraspark.report.SweepSummary.Status;

/**
 * Many runs on one cluster: each is the job of {@code train}, with its bytes; planning, encoded pictures, shards and the
 * base model in the executors are common to all. A run that fails does not stop the others, and a sweep that is started
 * again goes on.
 */
public final class SweepJob implements AutoCloseable {
    /** Runs after each other in a slot from which a lane more pays. */
    private static final int MANY_TURNS = 8;

    private final JavaSparkContext spark;
    private final Configuration conf;
    private final Path folder;
    private final Findings findings;
    private final SharedData data;
    private final SweepPlan plan;
    private final SweepFiles files;
    private final Map<String, RunResult> results = new LinkedHashMap<>();
    private Function<SweepOutline, Previews> previews;

    /**
     * Checks everything that can be checked before the start.
     *
     * @param folder of the sweep
     * @throws org.loraspark.UserError for what cannot work
     */
    public SweepJob(SweepRequest request, List<Candidate> candidates, String folder, SparkSession session) {
        this.spark = new JavaSparkContext(session.sparkContext());
        this.conf = spark.hadoopConfiguration();
        this.folder = new Path(folder);
        this.findings = new Findings(spark, candidates.size());
        this.data = new SharedData(session);
        SweepPlanner planner = new SweepPlanner(spark, request, folder);
        this.plan = planner.plan(candidates, findings);
        for (SweepOutline run : plan.runs()) {
            RunResult old = planner.before().get(run.name());
            RunResult fresh = RunResult.planned(run.name(), EffectiveConfig.values(run.config()));
            boolean paused = old != null && old.status() != Status.FAILED;
            results.put(run.name(), plan.ended().contains(run.name()) || paused ? old : fresh);
        }
        this.files = new SweepFiles(this.folder, session, plan);
        Map<List<Object>, Previews> shared = new ConcurrentHashMap<>();
        this.previews = run -> {
            PreviewSettings settings = run.config().preview();
            int clipSkip = run.config().model().clipSkip();
            return shared.computeIfAbsent(
                    List.of(run.group(), settings, clipSkip), key -> new PreviewJob(spark, settings, clipSkip));
        };
    }

    public SweepJob previews(Previews maker) {
        this.previews = run -> maker;
        return this;
    }

    /** What will be done, as a table for people. */
    public String plan() {
        return plan.table();
    }

    public SweepOutcome run() {
        long started = System.nanoTime();
        makeRunsFolder();
        int encoded = data.encode(unfinished().stream().map(SweepOutline::data).toList());
        files.start(List.copyOf(results.values()));
        Map<String, Long> totals = new LinkedHashMap<>();
        plan.runs().forEach(run -> totals.put(run.name(), run.steps().totalSteps()));
        try (SweepProgress progress = new SweepProgress(totals, results.values())) {
            int rungs = plan.halving() == null ? 0 : plan.halving().shares().size();
            for (int rung = 1; rung <= rungs; rung++) {
                runAll(rung, progress);
                compare(rung, progress);
            }
            runAll(rungs + 1, progress);
        }
        List<RunResult> all = List.copyOf(results.values());
        double seconds = (System.nanoTime() - started) / 1e9;
        return files.finish(all, encoded, seconds);
    }

    private List<SweepOutline> unfinished() {
        synchronized (results) {
            return plan.runs().stream()
                    .filter(run -> {
                        RunResult result = results.get(run.name());
                        return !result.ended();
                    })
                    .toList();
        }
    }

    /** All that are left, up to a rung, group by group. */
    private void runAll(int rung, SweepProgress progress) {
        for (List<SweepOutline> group : SweepPlan.startOrder(unfinished())) {
            ExecutorService lanes = Executors.newFixedThreadPool(lanes(group.size()));
            try {
                List<Future<?>> futures = new ArrayList<>();
                group.forEach(run -> futures.add(lanes.submit(() -> advance(run, rung, progress))));
                for (Future<?> future : futures) {
                    future.get();
                }
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("the sweep was interrupted", e);
            } finally {
                lanes.shutdownNow();
            }
        }
    }

    /**
     * With many runs one more than train at a time: its tasks take the slot of a run that is writing its files. With few
     * it would cost more, as runs that share slots unevenly leave slots empty at the end.
     */
    private int lanes(int runs) {
        return runs > MANY_TURNS * plan.atOnce() ? plan.atOnce() + 1 : plan.atOnce();
    }

    private void advance(SweepOutline run, int rung, SweepProgress progress) {
        long until = until(run, rung);
        RunResult before = result(run);
        if (before.rung() >= rung
                && before.steps() >= until
                && until < run.steps().totalSteps()) {
            return;
        }
        change(before.with(Status.RUNNING, ""), "", progress);
        RunResult after;
        try {
            after = train(run, until, rung, before, progress);
        } catch (Exception | OutOfMemoryError e) {
            // Scala throws checked exceptions without saying so. Without Spark there is nothing to go on with.
            if (spark.sc().isStopped()) {
                throw e instanceof RuntimeException failure ? failure : new IllegalStateException(e);
            }
            after = before.failed(reason(e), SweepPlanner.lasting(e));
        }
        change(after, after.ended() ? words(after) : "", progress);
        data.retain(unfinished().stream().map(SweepOutline::data).toList());
    }

    private RunResult train(SweepOutline run, long until, int rung, RunResult before, SweepProgress progress) {
        Plan own = data.whole(
                new Planner(spark, run.config(), findings).continuing().plan());
        SharedData.Part part = data.shards(own);
        TrainReport report = new TrainRun(spark, own, previews.apply(run))
                .run(until, part.training(), part.heldOut(), (step, detail) -> progress.step(run.name(), step));
        return files.result(run, before, report, rung);
    }

    private long until(SweepOutline run, int rung) {
        if (plan.halving() == null || rung > plan.halving().shares().size()) {
            return run.steps().totalSteps();
        }
        double share = plan.halving().shares().get(rung - 1);
        return run.steps().end(Halving.round(share, run.steps().rounds()) - 1);
    }

    /** The weak runs of a rung end here, unless an earlier start has compared them and gone on. */
    private void compare(int rung, SweepProgress progress) {
        Map<String, Double> losses = new LinkedHashMap<>();
        for (RunResult result : results.values()) {
            if (result.rung() > rung) {
                return;
            }
            if (result.status() != Status.FAILED && result.rung() == rung) {
                losses.put(result.name(), result.validationLoss());
            }
        }
        Set<String> weakest = plan.halving().weakest(losses);
        for (SweepOutline run : plan.runs()) {
            RunResult result = result(run);
            if (weakest.contains(run.name()) && !result.ended()) {
                RunResult stopped = result.with(
                        Status.STOPPED,
                        String.format(
                                java.util.Locale.ROOT,
                                "stopped after round %d of %d: validation loss %.5f is not among the best %d of %d",
                                result.rounds(),
                                run.steps().rounds(),
                                result.validationLoss(),
                                losses.size() - weakest.size(),
                                losses.size()));
                change(stopped, words(stopped), progress);
            }
        }
    }

    private RunResult result(SweepOutline run) {
        synchronized (results) {
            return results.get(run.name());
        }
    }

    private void change(RunResult result, String line, SweepProgress progress) {
        synchronized (results) {
            results.put(result.name(), result);
            files.changed(result, List.copyOf(results.values()));
        }
        if (result.status() != Status.RUNNING) {
            files.page();
        }
        progress.changed(result, line);
    }

    private static String words(RunResult run) {
        String loss = run.validationLoss() != null
                ? String.format(java.util.Locale.ROOT, "validation loss %.5f", run.validationLoss())
                : run.loss() != null ? String.format(java.util.Locale.ROOT, "loss %.5f", run.loss()) : "no loss";
        return run.status() == Status.DONE
                ? run.name() + " done: " + loss
                : run.name() + (run.status() == Status.FAILED ? " failed: " : " ") + run.reason();
    }

    /** One sentence: the innermost cause says most. */
    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && !(root instanceof org.loraspark.UserError)) {
            root = root.getCause();
        }
        String message = root.getMessage() == null
                ? ""
                : root.getMessage().strip().lines().findFirst().orElse("");
        return root instanceof OutOfMemoryError
                ? "out of memory (" + message + ")"
                : message.isEmpty() ? root.getClass().getSimpleName() : message;
    }

    /** Runs that start side by side must not make, or tidy away, the folder above them. */
    private void makeRunsFolder() {
        Path runs = new Path(folder, Candidate.FOLDER);
        try {
            if (!Storage.fileSystem(runs, conf).mkdirs(runs)) {
                throw new IOException("the folder cannot be made");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + runs, e);
        }
    }

    @Override
    public void close() {
        files.close();
        data.close();
        findings.close();
    }
}
