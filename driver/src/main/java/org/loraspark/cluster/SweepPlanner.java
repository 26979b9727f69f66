package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.loraspark.UserError;
import org.loraspark.cluster.sweep.Candidate;
import org.loraspark.cluster.sweep.Halving;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.config.EffectiveConfig;
import org.loraspark.report.SweepSummary.Status;
import org.loraspark.train.TrainingDivergedException;

/** Makes a {@link SweepPlan}: chooses workers, plans every run, finds what an earlier start left. */
final class SweepPlanner {
    private final JavaSparkContext spark;
    private final SweepRequest request;
    private final String folder;
    private final Map<String, RunResult> before = new LinkedHashMap<>();

    SweepPlanner(JavaSparkContext spark, SweepRequest request, String folder) {
        this.spark = spark;
        this.request = request;
        this.folder = folder;
    }

    SweepPlan plan(List<Candidate> all, Findings findings) {
        List<String> notes = new ArrayList<>();
        List<Candidate> candidates = all;
        if (request.maxRuns() > 0 && request.maxRuns() < all.size()) {
            candidates = all.subList(0, request.maxRuns());
            notes.add("--max-runs leaves out " + (all.size() - candidates.size()) + " of " + all.size() + " runs, from "
                    + all.get(request.maxRuns()).name() + " on");
        }
        if (request.random() > all.size()) {
            notes.add("there are no more than " + all.size() + " different combinations to draw");
        }
        candidates.forEach(
                candidate -> RunResult.read(new Path(candidate.config().output().dir()), spark.hadoopConfiguration())
                        .ifPresent(result -> before.put(candidate.name(), result)));
        int slots = Slots.of(spark);
        int workers = workers(candidates, slots);
        List<SweepOutline> outlines = new ArrayList<>();
        int most = 1;
        for (Candidate candidate : candidates) {
            Candidate run = workers == 0 ? candidate : candidate.withWorkers(workers);
            most = Math.max(most, run.config().cluster().workers());
            outlines.add(outline(run, findings));
        }
        List<SweepOutline> runs =
                SweepOutline.groups(outlines).stream().flatMap(List::stream).toList();
        notes.addAll(0, SweepPlan.notes(request, runs));
        int atOnce = Math.max(1, Math.min(slots / Math.min(slots, most), runs.size()));
        SweepPlan plan = new SweepPlan(folder, request, runs, ended(), atOnce, halving(runs), notes);
        return request.budgetSeconds() > 0 ? plan.within(request.budgetSeconds()) : plan;
    }

    /** What is known of the runs from an earlier start, by name. */
    Map<String, RunResult> before() {
        return before;
    }

    /** Of each run; 0 leaves it to its config. A sweep that goes on keeps the number that it began with. */
    private int workers(List<Candidate> candidates, int slots) {
        if (request.workersPerRun() > 0) {
            return request.workersPerRun();
        }
        if (request.varies("cluster.workers")) {
            return 0;
        }
        return before.values().stream()
                .map(result -> ((Number) result.config().get("cluster.workers")).intValue())
                .findFirst()
                .orElse(Math.max(1, slots / candidates.size()));
    }

    private SweepOutline outline(Candidate run, Findings findings) {
        SweepOutline outline;
        try {
            outline = SweepOutline.of(run, new Planner(spark, run.config(), findings).plan());
        } catch (UserError e) {
            throw new UserError("run " + run.name() + ": " + e.getMessage(), e);
        }
        RunResult old = before.get(run.name());
        if (old != null) {
            Map<String, Object> now = EffectiveConfig.values(outline.config());
            now.forEach((key, value) -> {
                boolean place = key.equals("output.dir") || key.equals("work.dir") || key.equals("engine");
                if (!place
                        && !String.valueOf(value)
                                .equals(String.valueOf(old.config().get(key)))) {
                    throw new UserError(folder + " has a run " + run.name() + " with " + key + " = "
                            + old.config().get(key) + ", and now it is " + value
                            + "; choose another output.dir, or remove the old runs");
                }
            });
        }
        return outline;
    }

    private Set<String> ended() {
        Set<String> names = new HashSet<>();
        before.forEach((name, result) -> {
            if (result.ended() && !again(result)) {
                names.add(name);
            }
        });
        return names;
    }

    /** A run that failed may fare better now, unless its arithmetic failed, or others have gone on without it. */
    private boolean again(RunResult result) {
        return result.status() == Status.FAILED && !result.lasting() && request.halving() == 0;
    }

    /** Whether another attempt would fail in the same way. */
    static boolean lasting(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof TrainingDivergedException) {
                return true;
            }
        }
        return false;
    }

    private Halving halving(List<SweepOutline> runs) {
        if (request.halving() == 0) {
            return null;
        }
        runs.stream().filter(run -> !run.validated()).findFirst().ifPresent(run -> {
            throw new UserError("--halving compares validation losses, and run " + run.name()
                    + " holds no picture out; set data.validation-split = 0.1 or data.validation-dir");
        });
        long rounds = runs.stream().mapToLong(run -> run.steps().rounds()).max().orElseThrow();
        return Halving.of(request.halving(), runs.size(), rounds);
    }
}
