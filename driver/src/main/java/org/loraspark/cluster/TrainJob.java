package org.loraspark.cluster;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.loraspark.config.TrainConfig;
import org.loraspark.console.Progress;
import org.loraspark.data.Problem;
import org.loraspark.io.Storage;
import org.loraspark.tensor.DType;
import org.loraspark.train.Example;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The main job: plan, encode, rounds, export. */
public final class TrainJob {
    private static final Logger log = LoggerFactory.getLogger(TrainJob.class);

    private final SparkSession session;
    private final JavaSparkContext spark;
    private final Configuration conf;
    private Plan plan;
    private final TrainConfig config;
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
        try (Findings findings = new Findings(spark, 1)) {
            this.plan = new Planner(spark, config, findings).plan();
        }
        this.config = plan.config();
        this.previews =
                new PreviewJob(spark, this.config.preview(), this.config.model().clipSkip());
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
        long started = System.nanoTime();
        EncodeJob.Result encoded = encode();
        double encodeSeconds = (System.nanoTime() - started) / 1e9;
        Shards shards = new Shards(spark, cache());
        int workers = config.cluster().workers();
        JavaRDD<List<Example>> training = shards.training(
                plan.training(), encoded.keys(), workers, config.train().seed());
        JavaRDD<List<Example>> heldOut =
                plan.heldOut().isEmpty() ? null : shards.validation(plan.heldOut(), encoded.keys(), workers);
        long first = plan.start().state().step();
        try (Progress progress = Progress.open("steps", plan.steps().totalSteps(), first)) {
            return new TrainRun(spark, plan, previews)
                    .alone(encodeSeconds)
                    .run(training, heldOut, progress::update)
                    .withEncoded(encoded.fresh());
        } finally {
            training.unpersist();
            if (heldOut != null) {
                heldOut.unpersist();
            }
        }
    }

    /** How a run that was stopped goes on, as half a sentence. */
    public String goesOn() {
        return Checkpoints.of(config, conf)
                .latest()
                .map(checkpoint -> "the same command with --set train.resume-from=latest goes on from the checkpoint "
                        + checkpoint.getName())
                .orElse("there was no checkpoint yet, and the same command starts again");
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
}
