package org.loraspark.cluster;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.loraspark.config.EffectiveConfig;
import org.loraspark.config.TrainConfig;
import org.loraspark.console.Progress;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;
import org.loraspark.report.RoundMetrics;
import org.loraspark.tensor.DType;
import org.loraspark.train.Example;
import org.loraspark.train.RoundResult;
import org.loraspark.train.TrainState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The main job: plan, encode, rounds, export. */
public final class TrainJob {
    private static final Logger log = LoggerFactory.getLogger(TrainJob.class);
    private static final int PREVIEW_PROMPTS = 4;

    private final SparkSession session;
    private final JavaSparkContext spark;
    private final Configuration conf;
    private Plan plan;
    private final TrainConfig config;
    private final Path outputDir;
    private final Checkpoints checkpoints;
    private Previews previews;

    /**
     * Checks everything that can be checked before the start.
     *
     * @throws org.loraspark.UserError for what cannot work
     */
    public TrainJob(TrainConfig config, SparkSession session) {
        this.session = session;
        this.spark = new JavaSparkContext(session.sparkContext());
        this.conf = spark.hadoopConfiguration();
        this.plan = new Planner(spark, config).plan();
        this.config = plan.config();
        this.outputDir = new Path(this.config.output().dir());
        this.previews =
                new PreviewJob(spark, this.config.preview(), this.config.model().clipSkip());
        this.checkpoints = new Checkpoints(
                outputDir, this.config.output().name(), this.config.output().keepCheckpoints(), conf);
    }

    public TrainJob previews(Previews maker) {
        this.previews = maker;
        return this;
    }

    /** What will be done, as a table for people. */
    public String plan() {
        return plan.table();
    }

    /**
     * Reads and decodes every picture that is not encoded yet, so that broken ones are known before the start.
     *
     * @return how many pictures a run would encode
     */
    public int checkPictures() {
        EncodeJob.Result result = encodeJob().check(plan.pictures());
        leaveOut(result);
        return result.fresh();
    }

    public TrainReport run() {
        EncodeJob.Result encoded = encode();
        AtomicFiles.write(
                new Path(outputDir, config.output().name() + ".conf"),
                conf,
                EffectiveConfig.render(config).getBytes(StandardCharsets.UTF_8));
        Shards shards = new Shards(spark, cache());
        int workers = config.cluster().workers();
        JavaRDD<List<Example>> shard = shards.training(
                plan.training(), encoded.keys(), workers, config.train().seed());
        JavaRDD<List<Example>> validation =
                plan.heldOut().isEmpty() ? null : shards.validation(plan.heldOut(), encoded.keys(), workers);
        long started = System.nanoTime();
        try (RunLog runLog =
                new RunLog(outputDir, config.output().name(), conf, plan.start().rounds())) {
            runLog.text("config", "```\n" + EffectiveConfig.render(config) + "```");
            TrainState end = train(shard, validation, runLog);
            List<String> adapters = new AdapterExport(plan, conf)
                    .write(end).stream().map(Path::toString).toList();
            String preview = preview(end, runLog);
            return new TrainReport(
                    adapters, preview, end, runLog.rounds(), encoded.fresh(), (System.nanoTime() - started) / 1e9);
        } finally {
            shard.unpersist();
            if (validation != null) {
                validation.unpersist();
            }
        }
    }

    private LatentCache cache() {
        return new LatentCache(session, Storage.qualified(new Path(config.workDir()), conf), plan.encode(), conf);
    }

    private EncodeJob encodeJob() {
        // The VAE overflows in half precision, and its share of the work is small.
        return new EncodeJob(spark, plan.setup().withPrecision(DType.F32), plan.encode(), cache());
    }

    private EncodeJob.Result encode() {
        EncodeJob.Result result = encodeJob().run(plan.pictures());
        leaveOut(result);
        return result;
    }

    /** Broken pictures stop the run, or make it a run without them. */
    private void leaveOut(EncodeJob.Result result) {
        Problem.check(result.problems(), config.data().dir(), config.data().skipInvalid());
        if (!result.problems().isEmpty()) {
            result.problems().forEach(problem -> log.warn("left out: {}", problem));
            plan = plan.keeping(picture -> result.keys().containsKey(picture.path()));
        }
    }

    private TrainState train(JavaRDD<List<Example>> shards, JavaRDD<List<Example>> heldOut, RunLog runLog) {
        Rounds rounds =
                new Rounds(spark, plan.setup(), config.model().clipSkip(), plan.captions(), plan.hyperparameters());
        TrainState start = plan.start().state();
        long total = plan.steps().totalSteps();
        try (Progress progress = Progress.open("steps", total, start.step())) {
            return rounds.run(start, shards, heldOut, new Reporter(progress, runLog, start.step()));
        }
    }

    /** Shows how far the run is, and keeps what a round leaves behind. */
    private final class Reporter implements Rounds.Listener {
        private final Progress progress;
        private final RunLog runLog;
        private long savedStep;

        Reporter(Progress progress, RunLog runLog, long savedStep) {
            this.progress = progress;
            this.runLog = runLog;
            this.savedStep = savedStep;
        }

        @Override
        public synchronized void stepsDone(long round, long step, double loss, double samplesPerSecond) {
            progress.update(step, words(round, loss, null, samplesPerSecond));
        }

        @Override
        public synchronized void roundDone(TrainState state, RoundMetrics metrics, List<RoundResult> results) {
            runLog.add(metrics);
            progress.update(
                    state.step(),
                    words(metrics.round(), metrics.loss(), metrics.validationLoss(), metrics.samplesPerSecond()));
            if (checkpointDue(savedStep, state.step())) {
                checkpoints.save(new Checkpoint(
                        state, plan.start().identity(), plan.start().length(), runLog.rounds()));
                savedStep = state.step();
            }
            int every = config.preview().everyRounds();
            if (every > 0
                    && metrics.round() % every == 0
                    && state.step() < plan.steps().totalSteps()) {
                preview(state, runLog);
            }
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

    /** @return the picture's path, empty when none was made */
    private String preview(TrainState state, RunLog runLog) {
        Optional<RgbImage> grid = previews.grid(plan.setup(), state.weights(), title(state), prompts());
        if (grid.isEmpty()) {
            return "";
        }
        Path file = new Path(
                outputDir,
                String.format("previews/%s-step%08d.png", config.output().name(), state.step()));
        AtomicFiles.write(file, conf, Images.toPng(grid.get()));
        runLog.image("preview", state.step(), grid.get());
        return file.toString();
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

    private List<String> prompts() {
        if (!config.preview().prompts().isEmpty()) {
            return config.preview().prompts();
        }
        List<Picture> pictures = plan.heldOut().isEmpty() ? plan.training() : plan.heldOut();
        return pictures.stream()
                .limit(PREVIEW_PROMPTS)
                .map(picture -> plan.captions().fixed(picture.caption()))
                .toList();
    }
}
