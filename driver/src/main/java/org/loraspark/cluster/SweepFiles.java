package org.loraspark.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.loraspark.cluster.sweep.BestRun;
import org.loraspark.cluster.sweep.Candidate;
import org.loraspark.cluster.sweep.HParams;
import org.loraspark.cluster.sweep.ResultsTable;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.io.Storage;
import org.loraspark.report.RoundMetrics;
import org.loraspark.report.SweepReport;
import org.loraspark.report.SweepSummary;
import org.loraspark.report.SweepSummary.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a sweep leaves in its folder: {@code runs/NAME/} as {@code train} fills it, with {@link RunResult#FILE_NAME};
 * {@code sweep.json}, {@code results.csv}, {@code results.parquet}, {@code logs/} for TensorBoard's HParams, and the
 * report.
 */
final class SweepFiles implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SweepFiles.class);
    private static final long NANOS_BETWEEN_PAGES = TimeUnit.SECONDS.toNanos(2);

    private final Path folder;
    private final SparkSession session;
    private final Configuration conf;
    private final SweepPlan plan;
    private final SweepReport report;
    private final ScheduledExecutorService pages = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "report");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicBoolean pageDue = new AtomicBoolean();
    private volatile long pageWritten;
    private final long started = System.nanoTime();

    SweepFiles(Path folder, SparkSession session, SweepPlan plan) {
        this.folder = folder;
        this.session = session;
        this.conf = session.sparkContext().hadoopConfiguration();
        this.plan = plan;
        this.report = new SweepReport(folder, conf);
    }

    void start(List<RunResult> results) {
        Map<String, String> metrics = new LinkedHashMap<>();
        metrics.put("loss/average", "loss");
        if (plan.runs().stream().allMatch(SweepOutline::validated)) {
            metrics.put("loss/validation", "validation loss");
        }
        HParams.experiment(
                new Path(folder, "logs"),
                conf,
                "sweep over " + String.join(", ", plan.request().keys()),
                plan.runs().stream().map(run -> run.candidate().values()).toList(),
                metrics);
        summary(results, false);
        writePage();
    }

    /** @param results of all runs, with the one that changed */
    void changed(RunResult result, List<RunResult> results) {
        result.write(new Path(folder, Candidate.FOLDER + "/" + result.name()), conf);
        if (result.ended()) {
            HParams.session(
                    new Path(
                            folder,
                            Candidate.FOLDER + "/" + result.name() + "/logs/"
                                    + result.config().get("output.name")),
                    conf,
                    result.name(),
                    values(result.name()),
                    result.status() != Status.FAILED);
        }
        if (result.status() != Status.RUNNING) {
            summary(results, false);
        }
    }

    /** Has the report written again, soon: short runs would spend their time on pages otherwise. */
    void page() {
        if (pageDue.compareAndSet(false, true)) {
            long wait = Math.max(0, pageWritten + NANOS_BETWEEN_PAGES - System.nanoTime());
            pages.schedule(this::writePage, wait, TimeUnit.NANOSECONDS);
        }
    }

    private void writePage() {
        pageDue.set(false);
        try {
            report.write();
        } catch (RuntimeException e) {
            // The runs matter more, and the page at the end tells of what lasts.
            log.warn("the report cannot be written yet: {}", e.getMessage());
        }
        pageWritten = System.nanoTime();
    }

    /** Shows on the page what has happened since it was written. */
    @Override
    public void close() {
        pages.shutdownNow();
        if (pageDue.get()) {
            writePage();
        }
    }

    SweepOutcome finish(List<RunResult> results, int encoded, double seconds) {
        ResultsTable.writeCsv(new Path(folder, "results.csv"), conf, results);
        ResultsTable.writeParquet(new Path(folder, "results.parquet"), session, conf, results);
        summary(results, true);
        report.write();
        pageDue.set(false);
        return new SweepOutcome(folder.toString(), results, BestRun.of(results), encoded, seconds);
    }

    /** @param before what was known of the run when it started */
    RunResult result(SweepOutline run, RunResult before, TrainReport report, int rung) {
        List<RoundMetrics> rounds = report.rounds();
        RoundMetrics last = rounds.isEmpty() ? null : rounds.get(rounds.size() - 1);
        boolean done = report.state().step() >= run.steps().totalSteps();
        String adapter = report.adapters().isEmpty() ? "" : report.adapters().get(0);
        return new RunResult(
                run.name(),
                before.config(),
                done ? Status.DONE : Status.PLANNED,
                "",
                false,
                rung,
                report.state().step(),
                rounds.size(),
                last == null ? null : last.loss(),
                last == null ? null : last.validationLoss(),
                picturesPerSecond(rounds),
                (before.seconds() == null ? 0 : before.seconds()) + report.seconds(),
                // Where the system does not tell, the plan is the best guess.
                RoundMetrics.memoryBytes(rounds).orElse(run.memoryBytes()),
                adapter.isEmpty() ? null : bytes(new Path(adapter)),
                relative(run, adapter),
                relative(run, report.preview()));
    }

    private Map<String, Object> values(String name) {
        return plan.runs().stream()
                .filter(run -> run.name().equals(name))
                .findFirst()
                .orElseThrow()
                .candidate()
                .values();
    }

    private void summary(List<RunResult> results, boolean finished) {
        Optional<BestRun> best = BestRun.of(results);
        List<String> notes = new ArrayList<>(plan.notes());
        best.ifPresent(run -> notes.addAll(run.notes()));
        List<SweepSummary.Run> runs = results.stream()
                .map(run -> new SweepSummary.Run(
                        run.name(),
                        values(run.name()),
                        run.status(),
                        run.reason(),
                        run.steps(),
                        run.loss(),
                        run.validationLoss(),
                        run.samplesPerSecond(),
                        run.seconds(),
                        run.memoryBytes(),
                        run.adapterBytes(),
                        run.adapter()))
                .toList();
        new SweepSummary(
                        folder.getName(),
                        finished,
                        plan.request().keys(),
                        best.map(run -> run.run().name()).orElse(""),
                        best.map(BestRun::reason).orElse(""),
                        notes,
                        (System.nanoTime() - started) / 1e9,
                        runs)
                .write(folder, conf);
    }

    private static Double picturesPerSecond(List<RoundMetrics> rounds) {
        double seconds = 0;
        long before = 0;
        for (RoundMetrics round : rounds) {
            seconds += (round.samples() - before) / round.samplesPerSecond();
            before = round.samples();
        }
        return seconds > 0 ? before / seconds : null;
    }

    private String relative(SweepOutline run, String path) {
        String own = new Path(run.config().output().dir()).toString();
        return path.startsWith(own) ? Candidate.FOLDER + "/" + run.name() + path.substring(own.length()) : path;
    }

    private long bytes(Path file) {
        try {
            return Storage.fileSystem(file, conf).getFileStatus(file).getLen();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
