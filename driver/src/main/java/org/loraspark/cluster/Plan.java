package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.loraspark.UserError;
import org.loraspark.config.PreviewSettings;
import org.loraspark.config.Resolution;
import org.loraspark.config.TrainConfig;
import org.loraspark.console.Durations;
import org.loraspark.data.CaptionProcessor;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;
import org.loraspark.lora.LoraLayout;
import org.loraspark.report.RunRecord;
import org.loraspark.tensor.DType;
import org.loraspark.train.AdamW;
import org.loraspark.train.Hyperparameters;
import org.loraspark.train.LrSchedule;
import org.loraspark.train.StepPlan;

/**
 * Everything that is settled before a run starts.
 *
 * @param config with rank and alpha as they are used
 * @param base one line about the base model
 * @param training pictures to train on, by name
 * @param heldOut pictures of the validation loss; empty when there are none
 * @param skipped what was left out because the config allows it
 * @param encode what latents depend on
 * @param start the state that training starts from, and the rounds behind it
 * @param notes what the user should know
 */
record Plan(
        TrainConfig config,
        WorkerSetup setup,
        String base,
        LoraLayout layout,
        List<Picture> training,
        List<Picture> heldOut,
        List<Problem> skipped,
        EncodeSettings encode,
        StepPlan steps,
        Checkpoint start,
        CostEstimate cost,
        SpeedProbe.Result speed,
        int slots,
        List<String> notes) {
    private static final int PREVIEW_PROMPTS = 4;

    /** @throws UserError when there are more workers than visits, or more warm-up than steps */
    static StepPlan steps(TrainConfig config, List<Picture> training) {
        var train = config.train();
        int workers = config.cluster().workers();
        long visits = training.stream().mapToLong(Picture::repeats).sum();
        if (workers > visits) {
            throw new UserError("cluster.workers = " + workers + " is more than the " + visits
                    + " picture visits of an epoch; use at most one worker a visit");
        }
        long longest = (visits + workers - 1) / workers;
        long epoch = StepPlan.steps(longest, train.batchSize(), train.gradientAccumulationSteps());
        long all = Math.multiplyExact(epoch, train.epochs());
        long total = train.maxSteps() > 0 ? Math.min(all, train.maxSteps()) : all;
        train.requireWarmupWithin(total);
        int round = config.cluster().roundSteps(Math.toIntExact(Math.min(epoch, Integer.MAX_VALUE)));
        return new StepPlan(epoch, total, round);
    }

    /** The same run with fewer pictures: those that turned out to be broken are left out. */
    Plan keeping(Predicate<Picture> good) {
        List<Picture> kept = training.stream().filter(good).toList();
        return new Plan(
                config,
                setup,
                base,
                layout,
                kept,
                heldOut.stream().filter(good).toList(),
                skipped,
                encode,
                steps(config, kept),
                start,
                cost,
                speed,
                slots,
                notes);
    }

    List<Picture> pictures() {
        return Stream.concat(training.stream(), heldOut.stream()).toList();
    }

    long visits() {
        return training.stream().mapToLong(Picture::repeats).sum();
    }

    CaptionProcessor captions() {
        var data = config.data();
        return new CaptionProcessor(
                data.captionPrefix(),
                data.captionSuffix(),
                data.captionDropout(),
                data.shuffleCaptions(),
                data.keepTokens(),
                0);
    }

    Hyperparameters hyperparameters() {
        var train = config.train();
        LrSchedule schedule = new LrSchedule(
                LrSchedule.Kind.named(train.lrScheduler()), train.warmupSteps(), steps.totalSteps(), train.lrCycles());
        return new Hyperparameters(
                train.seed(),
                train.batchSize(),
                train.gradientAccumulationSteps(),
                train.gradientCheckpointing(),
                train.learningRate(),
                train.textEncoderLearningRate(),
                schedule,
                new AdamW(train.beta1(), train.beta2(), train.epsilon(), train.weightDecay()),
                train.maxGradNorm(),
                config.lora().dropout(),
                config.data().latentSample().equals("sample"),
                config.data().flip(),
                steps);
    }

    /** Of the rounds that are left, with their validation; encoding and {@link #previewSeconds} not counted. */
    double estimatedSeconds() {
        long left = steps.totalSteps() - start.state().step();
        int workers = config.cluster().workers();
        long waves = (workers + slots - 1L) / slots;
        double training = speed.secondsPerBatch() * config.train().gradientAccumulationSteps() * left * waves;
        // A held-out picture is four forward passes; backward takes about twice as long as forward.
        double perPicture = speed.secondsPerBatch() / config.train().batchSize() / 3;
        double rounds = (double) left / steps.stepsPerRound();
        return training + rounds * 4 * heldOut.size() * perPicture / Math.min(slots, workers);
    }

    /** What previews show: the config's prompts, or a few captions. */
    List<String> previewPrompts() {
        if (!config.preview().prompts().isEmpty()) {
            return config.preview().prompts();
        }
        List<Picture> shown = heldOut.isEmpty() ? training : heldOut;
        return shown.stream()
                .limit(PREVIEW_PROMPTS)
                .map(picture -> captions().fixed(picture.caption()))
                .toList();
    }

    /** Whether a preview is made between a round and the next; the last one is of the finished run. */
    boolean previewDue(long round) {
        int every = config.preview().everyRounds();
        return every > 0 && round % every == 0 && round < steps.rounds();
    }

    /** How often previews are made in what is left. */
    long previews() {
        long done = steps.roundOf(start.state().step());
        return 1
                + LongStream.rangeClosed(done + 1, steps.rounds())
                        .filter(this::previewDue)
                        .count();
    }

    /** Of all previews: a step is one or two forward passes, by guidance, and the way to pixels costs as much as two. */
    double previewSeconds() {
        PreviewSettings preview = config.preview();
        double pixels = (double) preview.size().width() * preview.size().height();
        Resolution trained = config.data().resolution();
        double forward = speed.secondsPerBatch()
                / config.train().batchSize()
                / 3
                * (pixels / ((double) trained.width() * trained.height()));
        double picture = forward * (preview.steps() * (preview.guidance() == 1 ? 1 : 2) + 2);
        long prompts = previewPrompts().size();
        long first = (2 * prompts + slots - 1) / slots;
        long further = (prompts + slots - 1) / slots;
        return picture * (first + (previews() - 1) * further);
    }

    /** For the report. */
    RunRecord.Setting setting(List<RunRecord.Sample> samples, double encodeSeconds) {
        return new RunRecord.Setting(
                base,
                training.size(),
                visits(),
                heldOut.size(),
                skipped.size(),
                samples,
                layout.modules().size(),
                layout.size(),
                speed.engine(),
                precision(speed.compute()),
                steps.totalSteps(),
                steps.stepsPerEpoch(),
                steps.rounds(),
                encodeSeconds,
                notes);
    }

    private static String precision(DType type) {
        return switch (type) {
            case BF16 -> "bf16";
            case F16 -> "fp16";
            default -> "fp32";
        };
    }

    /** A short aligned table. */
    String table() {
        var train = config.train();
        int workers = config.cluster().workers();
        int atOnce = Math.min(slots, workers);
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"base", base});
        rows.add(new String[] {
            "pictures",
            training.size() + " to train on (" + visits() + " visits an epoch), " + heldOut.size() + " held out"
                    + (skipped.isEmpty() ? "" : ", " + skipped.size() + " left out")
        });
        rows.add(new String[] {
            "adapter",
            layout.modules().size() + " modules, rank " + config.lora().rank() + ", "
                    + String.format(Locale.ROOT, "%,d", layout.size()) + " parameters"
        });
        rows.add(new String[] {
            "workers", workers + " (" + atOnce + " at a time), engine " + speed.engine() + " in " + speed.compute()
        });
        rows.add(new String[] {
            "steps",
            steps.totalSteps() + " of each worker: " + steps.stepsPerEpoch() + " an epoch, " + steps.rounds()
                    + " rounds of " + steps.stepsPerRound() + ", " + train.batchSize() + " x "
                    + train.gradientAccumulationSteps() + " x " + workers + " pictures a step"
        });
        if (start.state().step() > 0) {
            rows.add(new String[] {"goes on from", "step " + start.state().step()});
        }
        rows.add(new String[] {
            "memory",
            "about " + size(cost.bytes(1)) + " for a worker alone, " + size(cost.bytes(atOnce)) + " for " + atOnce
                    + " in one process" + (train.gradientCheckpointing() ? ", with gradient checkpointing" : "")
        });
        rows.add(new String[] {
            "time",
            "about " + Durations.words(estimatedSeconds()) + " of training and validation, "
                    + String.format(
                            Locale.ROOT,
                            "%.2f s a batch (%.0f GFLOP/s) on each worker",
                            speed.secondsPerBatch(),
                            cost.flops() / speed.secondsPerBatch() / 1e9)
        });
        if (!previewPrompts().isEmpty()) {
            rows.add(new String[] {"previews", previewWords()});
        }
        int widest = rows.stream().mapToInt(row -> row[0].length()).max().orElseThrow();
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> text.append(String.format("%-" + widest + "s  %s%n", row[0], row[1])));
        notes.forEach(note -> text.append("note: ").append(note).append(System.lineSeparator()));
        return text.toString();
    }

    private String previewWords() {
        long times = previews();
        int prompts = previewPrompts().size();
        double seconds = previewSeconds();
        return (times == 1 ? "one" : times + " times") + ", of " + prompts + (prompts == 1 ? " prompt" : " prompts")
                + ": about " + Durations.words(seconds) + " more"
                + (times > 1 && seconds > estimatedSeconds() ? "; preview.every-rounds = 0 makes one, at the end" : "");
    }

    private static String size(long bytes) {
        return bytes < 1L << 30
                ? Math.max(1, bytes >> 20) + " MB"
                : String.format(Locale.ROOT, "%.1f GB", bytes / (double) (1L << 30));
    }
}
