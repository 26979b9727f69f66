package org.loraspark.cluster;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.console.Progress;
import org.loraspark.report.SweepSummary.Status;

/** How far a sweep is: steps of all runs, and how many run, are done or failed. */
final class SweepProgress implements AutoCloseable {
    private final Progress progress;
    private final Map<String, Long> totals;
    private final Map<String, Long> steps = new HashMap<>();
    private final Map<String, Status> states = new HashMap<>();

    /**
     * @param totals steps of each run
     * @param before what is known of the runs
     */
    SweepProgress(Map<String, Long> totals, Collection<RunResult> before) {
        this.totals = totals;
        before.forEach(this::note);
        this.progress = Progress.open("steps", sum(totals), sum(steps));
    }

    synchronized void step(String run, long step) {
        steps.put(run, step);
        update();
    }

    /** @param line to say above the bar; empty for none */
    synchronized void changed(RunResult run, String line) {
        note(run);
        if (!line.isEmpty()) {
            progress.say(line);
        }
        update();
    }

    private void note(RunResult run) {
        states.put(run.name(), run.status());
        // What is left of a run that goes no further is no work any more.
        steps.put(run.name(), run.ended() ? totals.get(run.name()) : run.steps());
    }

    private void update() {
        String failed = count(Status.FAILED) == 0 ? "" : ", " + count(Status.FAILED) + " failed";
        String stopped = count(Status.STOPPED) == 0 ? "" : ", " + count(Status.STOPPED) + " stopped";
        progress.update(
                sum(steps),
                count(Status.RUNNING) + " running, " + count(Status.DONE) + " done" + failed + stopped + " of "
                        + totals.size() + " runs");
    }

    private long count(Status status) {
        return states.values().stream().filter(status::equals).count();
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public synchronized void close() {
        progress.close();
    }
}
