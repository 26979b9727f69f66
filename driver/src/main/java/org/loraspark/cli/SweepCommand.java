package org.loraspark.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.loraspark.UserError;
import org.loraspark.cluster.SparkSessions;
import org.loraspark.cluster.SweepJob;
import org.loraspark.cluster.SweepOutcome;
import org.loraspark.cluster.sweep.Axis;
import org.loraspark.cluster.sweep.Candidate;
import org.loraspark.cluster.sweep.Combinations;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.cluster.sweep.TimeBudget;
import org.loraspark.console.Durations;
import org.loraspark.report.SweepSummary.Status;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** One run for each combination of values, and the best of them. */
@Command(
        name = "sweep",
        description = "Trains one LoRA for each combination of config values and names the best.",
        footer = {
            "  lora-spark sweep --config conf/quickstart.conf --over lora.rank=4,8,16,32",
            "  lora-spark sweep --config my.conf --over lora.rank=4,8,16 --over train.learning-rate=1e-4,2e-4 --budget 2h",
            "  lora-spark sweep --config my.conf --over lora.rank=4..64 --over \"train.learning-rate=1e-5..1e-3 log\" \\",
            "    --random 20 --halving 3"
        })
final class SweepCommand implements Callable<Integer>, Resumable {
    @ParentCommand
    private LoraSpark root;

    @Mixin
    private ConfigOptions options;

    @Option(
            names = "--over",
            required = true,
            arity = "1..*",
            paramLabel = "KEY=VALUES",
            description = "A config key and its values (lora.rank=4,8,16) or, with --random, a range"
                    + " (lora.rank=4..64, \"train.learning-rate=1e-5..1e-3 log\").")
    private List<String> over = new ArrayList<>();

    @Option(names = "--random", paramLabel = "N", description = "Draws so many combinations instead of taking all.")
    private Integer random;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the draws (default: 0).")
    private long seed;

    @Option(
            names = "--budget",
            paramLabel = "TIME",
            description = "Leaves out runs that do not fit into this time, such as 2h or 90m.")
    private String budget;

    @Option(names = "--max-runs", paramLabel = "N", description = "At most so many runs.")
    private Integer maxRuns;

    @Option(
            names = "--halving",
            paramLabel = "N",
            description = "Stops weak runs early: of every N runs the one with the best validation loss goes on.")
    private Integer halving;

    @Option(
            names = "--workers-per-run",
            paramLabel = "N",
            description = "cluster.workers of each run (default: 1 when there are at least as many runs as workers).")
    private Integer workersPerRun;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        SweepRequest request = new SweepRequest(
                axes(),
                atLeastOne("--random", random),
                seed,
                budget == null ? 0 : TimeBudget.seconds(budget),
                atLeastOne("--max-runs", maxRuns),
                atLeastOne("--halving", halving),
                atLeastOne("--workers-per-run", workersPerRun));
        List<Candidate> candidates = Candidate.of(request, options::load);
        String folder =
                options.load(Combinations.first(request.axes())).output().dir();
        PrintWriter out = spec.commandLine().getOut();
        try (SparkSession session = SparkSessions.open(root.master(), "sweep", tasks(request, candidates));
                SweepJob job = new SweepJob(request, candidates, folder, session)) {
            out.println(job.plan());
            out.flush();
            SweepOutcome outcome = job.run();
            out.print(summary(outcome));
            return outcome.best().isPresent() ? 0 : Failures.FAILED;
        }
    }

    @Override
    public String goesOn() {
        return "the same command goes on where it stopped";
    }

    private List<Axis> axes() {
        List<Axis> axes = new ArrayList<>();
        for (String text : over) {
            Axis axis = Axis.parse(text);
            if (axes.stream().anyMatch(other -> other.key().equals(axis.key()))) {
                throw new UserError("--over " + axis.key() + " is given twice; put all its values into one");
            }
            axes.add(axis);
        }
        return axes;
    }

    private static int atLeastOne(String option, Integer value) {
        if (value != null && value < 1) {
            throw new UserError(option + " = " + value + " must be at least 1");
        }
        return value == null ? 0 : value;
    }

    /** How many would like to run at a time. */
    private static int tasks(SweepRequest request, List<Candidate> candidates) {
        int runs = request.maxRuns() > 0 ? Math.min(request.maxRuns(), candidates.size()) : candidates.size();
        int workers = request.workersPerRun() > 0
                ? request.workersPerRun()
                : request.varies("cluster.workers")
                        ? candidates.stream()
                                .mapToInt(run -> run.config().cluster().workers())
                                .max()
                                .orElse(1)
                        : 1;
        return Math.multiplyExact(runs, workers);
    }

    private static String summary(SweepOutcome outcome) {
        StringBuilder text = new StringBuilder();
        long done = outcome.results().stream()
                .filter(run -> run.status() == Status.DONE)
                .count();
        text.append(String.format(
                Locale.ROOT,
                "%d of %d runs done in %s%n",
                done,
                outcome.results().size(),
                Durations.words(outcome.seconds())));
        int widest = outcome.results().stream()
                .mapToInt(run -> run.name().length())
                .max()
                .orElse(1);
        for (RunResult run : outcome.results()) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %-" + widest + "s  %-8s %s %s%n",
                    run.name(),
                    run.status().name().toLowerCase(Locale.ROOT),
                    losses(run),
                    run.reason()));
        }
        outcome.best().ifPresent(best -> {
            text.append("best      ").append(best.run().name()).append(": ").append(best.reason());
            text.append(System.lineSeparator());
            best.notes().forEach(note -> text.append("note: ").append(note).append(System.lineSeparator()));
            text.append("adapter   ")
                    .append(outcome.folder())
                    .append('/')
                    .append(best.run().adapter());
            text.append(System.lineSeparator());
        });
        text.append("report    ")
                .append(outcome.folder())
                .append("/report.html")
                .append(System.lineSeparator());
        text.append("results   ")
                .append(outcome.folder())
                .append("/results.csv")
                .append(System.lineSeparator());
        return text.toString();
    }

    private static String losses(RunResult run) {
        String loss = run.loss() == null ? "" : String.format(Locale.ROOT, "loss %.5f", run.loss());
        return run.validationLoss() == null
                ? loss
                : loss + String.format(Locale.ROOT, ", validation %.5f", run.validationLoss());
    }
}
