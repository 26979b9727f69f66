package org.loraspark.cluster;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.loraspark.config.EffectiveConfig;
import org.loraspark.config.TrainConfig;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.report.RoundMetrics;
import org.loraspark.report.RunRecord;
import org.loraspark.report.RunRecorder;
import org.loraspark.train.Example;
import org.loraspark.train.TrainState;

/** One run from its plan to its files: rounds with checkpoints and previews, and the adapter at the end. */
final class TrainRun {
    /** Between two words on how far previews are; those of small models are done sooner. */
    private static final long NANOS_BETWEEN_WORDS = TimeUnit.SECONDS.toNanos(10);

    private final JavaSparkContext spark;
    private final Configuration conf;
    private final Plan plan;
    private final TrainConfig config;
    private final Path outputDir;
    private final Checkpoints checkpoints;
    private final Previews previews;
    private RunRecord.Setting setting;
    private boolean measuresBase;

    /** Told how far the run is, also from other threads. */
    @FunctionalInterface
    interface Watcher {
        /** @param detail short, such as {@code round 3, loss 0.0412} */
        void progress(long step, String detail);
    }

    TrainRun(JavaSparkContext spark, Plan plan, Previews previews) {
        this.spark = spark;
        this.conf = spark.hadoopConfiguration();
        this.plan = plan;
        this.config = plan.config();
        this.outputDir = new Path(config.output().dir());
        this.checkpoints = Checkpoints.of(config, conf);
        this.previews = previews;
        this.setting = plan.setting(List.of(), 0);
    }

    /** Of a run on its own the report tells more: some of its pictures, and the validation loss before training. */
    TrainRun alone(double encodeSeconds) {
        setting = plan.setting(DataSamples.of(plan.training(), conf), encodeSeconds);
        measuresBase = true;
        return this;
    }

    /**
     * Trains to the end and writes the adapter.
     *
     * @param shards one partition a worker
     * @param heldOut pictures for the validation loss; null when there are none
     */
    TrainReport run(JavaRDD<List<Example>> shards, JavaRDD<List<Example>> heldOut, Watcher watcher) {
        return run(plan.steps().totalSteps(), shards, heldOut, watcher);
    }

    /**
     * Trains to the end of the round that has a step. A run that is not over then leaves a checkpoint and no adapter.
     *
     * @param untilStep at which to stop
     */
    TrainReport run(long untilStep, JavaRDD<List<Example>> shards, JavaRDD<List<Example>> heldOut, Watcher watcher) {
        AtomicFiles.write(
                new Path(outputDir, config.output().name() + ".conf"),
                conf,
                EffectiveConfig.render(config).getBytes(StandardCharsets.UTF_8));
        String name = config.output().name();
        long firstStep = plan.start().state().step();
        RunRecorder recorder = new RunRecorder(outputDir, name, setting, plan.previewPrompts(), firstStep, conf);
        try (RunLog runLog = new RunLog(outputDir, name, conf, plan.start().rounds())) {
            runLog.text("config", "```\n" + EffectiveConfig.render(config) + "```");
            return run(untilStep, shards, heldOut, new Reporter(watcher, runLog, recorder, firstStep));
        } catch (Exception e) {
            if (spark.sc().isStopped()) {
                recorder.interrupted(e);
            } else {
                recorder.failed(e);
            }
            throw e;
        }
    }

    private TrainReport run(
            long untilStep, JavaRDD<List<Example>> shards, JavaRDD<List<Example>> heldOut, Reporter reporter) {
        long started = System.nanoTime();
        RunContext context =
                new RunContext(plan.setup(), config.model().clipSkip(), plan.captions(), plan.hyperparameters());
        Rounds rounds = new Rounds(spark, context);
        TrainState start = plan.start().state();
        if (measuresBase && heldOut != null && start.step() == 0) {
            reporter.recorder.baseLoss(rounds.validationLoss(start, heldOut));
        }
        TrainState end;
        try {
            end = rounds.run(start, untilStep, shards, heldOut, reporter);
        } catch (Exception e) {
            if (spark.sc().isStopped()) {
                reporter.keepLastRound();
            }
            throw e;
        }
        List<Path> adapters = List.of();
        String preview = "";
        Path report;
        if (end.step() < plan.steps().totalSteps()) {
            reporter.saveUnlessSaved(end);
            report = reporter.recorder.stopped();
        } else {
            adapters = new AdapterExport(plan, conf).write(end);
            preview = reporter.preview(end);
            report = reporter.recorder.done(adapters);
        }
        return new TrainReport(
                adapters.stream().map(Path::toString).toList(),
                preview,
                report.toString(),
                end,
                reporter.runLog.rounds(),
                0,
                (System.nanoTime() - started) / 1e9);
    }

    /** Shows how far the run is, and keeps what a round leaves behind. */
    private final class Reporter implements Rounds.Listener {
        private final Watcher watcher;
        private final RunLog runLog;
        private final RunRecorder recorder;
        private long savedStep;
        private TrainState last;

        Reporter(Watcher watcher, RunLog runLog, RunRecorder recorder, long savedStep) {
            this.watcher = watcher;
            this.runLog = runLog;
            this.recorder = recorder;
            this.savedStep = savedStep;
        }

        @Override
        public synchronized void stepsDone(long round, long step, double loss, double samplesPerSecond) {
            watcher.progress(step, words(round, loss, null, samplesPerSecond));
        }

        @Override
        public boolean wantsState(long round, long step) {
            return checkpointDue(savedStep, step) || plan.previewDue(round);
        }

        @Override
        public synchronized void roundsDone(TrainState state, List<RoundMetrics> rounds) {
            runLog.add(rounds);
            last = state;
            RoundMetrics round = rounds.get(rounds.size() - 1);
            watcher.progress(
                    state.step(), words(round.round(), round.loss(), round.validationLoss(), round.samplesPerSecond()));
            if (checkpointDue(savedStep, state.step())) {
                save(state);
            }
            if (plan.previewDue(round.round())) {
                preview(state);
            }
            recorder.roundsDone();
        }

        /** Called from a thread of Spark's, while the one that holds this object's lock waits for the pictures. */
        private DoubleConsumer previewing(long step) {
            AtomicLong said = new AtomicLong(System.nanoTime());
            return share -> {
                long now = System.nanoTime();
                if (now - said.get() >= NANOS_BETWEEN_WORDS) {
                    said.set(now);
                    watcher.progress(step, String.format(Locale.ROOT, "previews %.0f %%", 100 * share));
                }
            };
        }

        /** @return the picture's path, empty when none was made */
        String preview(TrainState state) {
            long started = System.nanoTime();
            Optional<PreviewPictures> pictures =
                    previews.pictures(plan.setup(), state.weights(), plan.previewPrompts(), previewing(state.step()));
            if (pictures.isEmpty()) {
                return "";
            }
            RgbImage grid = pictures.get().grid(title(state));
            Path file = new Path(
                    outputDir,
                    String.format("previews/%s-step%08d.png", config.output().name(), state.step()));
            AtomicFiles.write(file, conf, Images.toPng(grid));
            runLog.image("preview", state.step(), grid);
            recorder.preview(
                    plan.steps().numberOfRound(state.step()),
                    state.step(),
                    pictures.get().base(),
                    pictures.get().adapted(),
                    (System.nanoTime() - started) / 1e9);
            return file.toString();
        }

        /** Of a run that is stopped, no more is lost than what the workers have not brought home. */
        synchronized void keepLastRound() {
            if (last != null && config.output().saveSteps() > 0) {
                saveUnlessSaved(last);
            }
        }

        void saveUnlessSaved(TrainState state) {
            if (savedStep < state.step()) {
                save(state);
            }
        }

        private void save(TrainState state) {
            checkpoints.save(
                    new Checkpoint(state, plan.start().identity(), plan.start().length(), runLog.rounds()));
            savedStep = state.step();
        }
    }

    /** A state is whole only between rounds, so a checkpoint is due at the first round's end at or after its step. */
    private boolean checkpointDue(long before, long step) {
        int every = config.output().saveSteps();
        return every > 0
                && (step / every > before / every || step == plan.steps().totalSteps());
    }

    private static String words(long round, double loss, Double validationLoss, double samplesPerSecond) {
        String validation =
                validationLoss == null ? "" : String.format(Locale.ROOT, ", validation %.4f", validationLoss);
        return String.format(
                Locale.ROOT, "round %d, loss %.4f%s, %.1f samples/s", round, loss, validation, samplesPerSecond);
    }

    private String title(TrainState state) {
        return String.format(
                Locale.ROOT,
                "%s: step %d of %d, %d pictures seen, rank %d",
                config.output().name(),
                state.step(),
                plan.steps().totalSteps(),
                state.samples(),
                config.lora().rank());
    }
}
