package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.Set;
import org.loraspark.UserError;
import org.loraspark.cluster.sweep.BestRun;
import org.loraspark.cluster.sweep.Halving;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.console.Durations;

/**
 * Everything that is settled before a sweep starts.
 *
 * @param folder of the sweep
 * @param runs as the user lists them, those of one group side by side
 * @param ended names of those that an earlier start has finished
 * @param atOnce runs that train at a time
 * @param halving null for none
 * @param notes what the user should know
 */
record SweepPlan(
        String folder,
        SweepRequest request,
        List<SweepOutline> runs,
        Set<String> ended,
        int atOnce,
        Halving halving,
        List<String> notes) {
    private static final int LISTED = 24;

    /** The same sweep with as many of its runs as fit into the time. */
    SweepPlan within(double budgetSeconds) {
        int fitting = 0;
        while (fitting < runs.size() && seconds(runs.subList(0, fitting + 1)) <= budgetSeconds) {
            fitting++;
        }
        if (fitting == runs.size()) {
            return this;
        }
        if (fitting == 0) {
            throw new UserError("--budget of " + Durations.words(budgetSeconds)
                    + " is less than the first run takes, about " + Durations.words(seconds(runs.subList(0, 1)))
                    + "; give it more time or the runs fewer steps");
        }
        List<String> more = new ArrayList<>(notes);
        more.add("the budget of " + Durations.words(budgetSeconds) + " leaves out " + (runs.size() - fitting) + " of "
                + runs.size() + " runs, from " + runs.get(fitting).name() + " on");
        return new SweepPlan(folder, request, runs.subList(0, fitting), ended, atOnce, halving, more);
    }

    double estimatedSeconds() {
        return seconds(runs);
    }

    /**
     * The order in which runs start, group after group: the longest first, so that none is left to train alone at the end
     * (Graham 1969, "Bounds on multiprocessing timing anomalies"), equal ones in their order.
     */
    static List<List<SweepOutline>> startOrder(List<SweepOutline> runs) {
        Comparator<SweepOutline> longestFirst =
                Comparator.comparingDouble(SweepOutline::seconds).reversed();
        return SweepOutline.groups(runs).stream()
                .map(group -> group.stream().sorted(longestFirst).toList())
                .toList();
    }

    /** Runs start in their {@link #startOrder}, each on the slots that are free first. */
    private double seconds(List<SweepOutline> some) {
        PriorityQueue<Double> free = new PriorityQueue<>();
        for (int i = 0; i < atOnce; i++) {
            free.add(0.0);
        }
        double end = 0;
        List<SweepOutline> inOrder =
                startOrder(some).stream().flatMap(List::stream).toList();
        for (SweepOutline run : inOrder) {
            double done = free.remove() + (ended.contains(run.name()) ? 0 : run.seconds());
            free.add(done);
            end = Math.max(end, done);
        }
        return end * trainedShare(some.size());
    }

    /** How much of the runs' rounds halving leaves. */
    private double trainedShare(int count) {
        if (halving == null) {
            return 1;
        }
        double share = 0;
        double before = 0;
        double alive = count;
        for (double at : halving.shares()) {
            share += alive / count * (at - before);
            before = at;
            alive = Math.ceil(alive / halving.factor());
        }
        return share + alive / count * (1 - before);
    }

    /** A short table. */
    String table() {
        StringBuilder text = new StringBuilder();
        row(text, "sweep", runs.size() + " runs over " + String.join(", ", request.keys()) + ", into " + folder);
        int workers = runs.get(0).config().cluster().workers();
        row(
                text,
                "runs",
                (request.varies("cluster.workers")
                                ? "cluster.workers varies"
                                : "each is trained by " + workers + (workers == 1 ? " worker" : " workers"))
                        + ", " + atOnce + (atOnce == 1 ? " run trains" : " runs train")
                        + " at a time (--workers-per-run changes it)");
        if (!ended.isEmpty()) {
            row(text, "goes on", ended.size() + " runs have ended before and are not run again");
        }
        long steps = runs.stream().mapToLong(run -> run.steps().totalSteps()).sum();
        row(text, "steps", String.format(Locale.ROOT, "%,d in all", steps) + halvingWords());
        long most = runs.stream().mapToLong(SweepOutline::memoryBytes).max().orElseThrow();
        row(text, "memory", "about " + (most >> 20) + " MB for a worker of the largest run");
        row(text, "time", "about " + Durations.words(estimatedSeconds()) + " of training and validation");
        row(text, "report", folder + "/report.html, written again after each run");
        int widest = runs.stream().mapToInt(run -> run.name().length()).max().orElseThrow();
        runs.stream()
                .limit(LISTED)
                .forEach(run -> text.append(String.format(
                        Locale.ROOT,
                        "  %-" + widest + "s  %d steps in %d rounds, about %s%s%n",
                        run.name(),
                        run.steps().totalSteps(),
                        run.steps().rounds(),
                        Durations.words(run.seconds()),
                        ended.contains(run.name()) ? ", ended before" : "")));
        if (runs.size() > LISTED) {
            text.append("  and ").append(runs.size() - LISTED).append(" more").append(System.lineSeparator());
        }
        notes.forEach(note -> text.append("note: ").append(note).append(System.lineSeparator()));
        return text.toString();
    }

    private String halvingWords() {
        if (halving == null) {
            return "";
        }
        List<String> rungs = new ArrayList<>();
        long rounds = runs.stream().mapToLong(run -> run.steps().rounds()).max().orElseThrow();
        halving.shares().forEach(share -> rungs.add(Long.toString(Halving.round(share, rounds))));
        return " at most; after round " + String.join(", ", rungs) + " only the best 1 of " + halving.factor()
                + " go on, by validation loss";
    }

    private static void row(StringBuilder text, String name, String words) {
        text.append(String.format("%-8s  %s%n", name, words));
    }

    /** What can be said about the runs as they are planned. */
    static List<String> notes(SweepRequest request, List<SweepOutline> runs) {
        List<String> notes = new ArrayList<>();
        runs.stream().flatMap(run -> run.notes().stream()).distinct().limit(5).forEach(notes::add);
        runs.stream()
                .max(Comparator.comparingInt(run -> run.config().lora().rank()))
                .filter(run -> run.config().lora().rank() > BestRun.LARGEST_USUAL_RANK)
                .ifPresent(run ->
                        notes.add("rank " + run.config().lora().rank() + " is more than " + BestRun.LARGEST_USUAL_RANK
                                + ", beyond which adapters grow and learn their pictures by heart"));
        boolean split = runs.stream().anyMatch(run -> run.config().data().validationSplit() > 0);
        if (split && request.varies("train.seed")) {
            notes.add("train.seed also chooses which pictures data.validation-split holds out, so that losses are of"
                    + " different pictures; data.validation-dir makes them comparable");
        }
        if (runs.stream().noneMatch(SweepOutline::validated)) {
            notes.add("no picture is held out, so that runs are compared by their training loss, which favours those"
                    + " that learn by heart; data.validation-split = 0.1 holds some out");
        }
        return notes;
    }
}
