package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.config.TrainConfig;
import org.loraspark.data.DatasetScanner;
import org.loraspark.data.Picture;
import org.loraspark.data.ScanOptions;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.DType;
import org.loraspark.train.Example;
import org.loraspark.train.LocalTrainer;
import org.loraspark.train.TrainState;

/** Latents, shards and the single worker, all in one process. */
@Tag("cluster")
class EncodeJobTest {
    private static final Configuration CONF = new Configuration();

    @TempDir
    static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = SparkSessions.open("local[1]", "test", 1);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @Test
    void secondEncodingComputesNothingAndAnEditedPictureIsEncodedAgain() throws IOException {
        Path work = folder.resolve("work-twice");
        Path pictures = DemoRun.pictures(Files.createDirectories(folder.resolve("twice")));
        EncodeJob.Result first = job(work, true).run(scan(pictures));
        EncodeJob.Result second = job(work, true).run(scan(pictures));
        assertThat(first.fresh()).isEqualTo(6);
        assertThat(second.fresh()).isZero();
        assertThat(second.keys()).isEqualTo(first.keys());
        assertThat(cache(work, true).read(new HashSet<>(first.keys().values())).collect())
                .hasSize(6)
                .allSatisfy(entry -> {
                    assertThat(entry.moments().mean()).hasSize(8 * 8 * 4);
                    assertThat(entry.flipped()).isNotNull().isNotEqualTo(entry.moments());
                });

        Files.copy(
                pictures.resolve("02.png"),
                pictures.resolve("01.png"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.write(pictures.resolve("03.jpg"), new byte[] {1, 2, 3});
        EncodeJob.Result third = job(work, true).run(scan(pictures));
        assertThat(third.fresh()).isZero();
        assertThat(third.keys()).hasSize(5);
        assertThat(third.problems()).singleElement().asString().contains("03.jpg");
        assertThat(job(work, false).check(scan(pictures)).fresh()).isEqualTo(4);
    }

    @Test
    void brokenPictureStopsTheRunUnlessItMayBeLeftOut() throws IOException {
        Path own = Files.createDirectories(folder.resolve("broken"));
        Files.write(DemoRun.pictures(own).resolve("03.jpg"), new byte[] {1, 2, 3});
        TrainConfig strict = DemoRun.config(own, "strict", "train.max-steps=1");
        assertThatThrownBy(() -> DemoRun.train(spark, strict))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("1 problem")
                .hasMessageContaining("03.jpg");
        assertThat(own.resolve("strict/lora.safetensors")).doesNotExist();
        TrainConfig lenient =
                DemoRun.config(own, "lenient", "train.epochs=1", "train.batch-size=5", "data.skip-invalid=true");
        assertThat(DemoRun.train(spark, lenient).state().samples()).isEqualTo(5);
    }

    @Test
    void oneWorkerEqualsThePlainLocalLoop() throws IOException {
        TrainConfig config = DemoRun.config(
                folder,
                "one",
                "train.max-steps=2",
                "data.repeats=2",
                "data.flip=true",
                "lora.dropout=0.1",
                "lora.text-encoder=true");
        TrainState onSpark = DemoRun.train(spark, config).state();

        Plan plan = plan(config);
        Path work = folder.resolve("work");
        var keys = job(work, true).run(plan.pictures()).keys();
        List<Example> shard = new Shards(context(), cache(work, true))
                .training(plan.training(), keys, 1, 7)
                .collect()
                .get(0);
        assertThat(shard).hasSize(12);
        TrainState state = plan.start().state();
        WorkerProcess.use(plan.setup(), lease -> {
            var captions = new CaptionTokens(plan.captions(), 7, lease.tokenizer());
            try (LocalTrainer trainer =
                    new LocalTrainer(lease.engine(), lease.model(1), plan.hyperparameters(), plan.layout(), captions)) {
                var result = trainer.round(state, 0, shard, 2, LocalTrainer.StepListener.NONE);
                assertThat(onSpark.weights().values()).isEqualTo(result.weights());
                assertThat(onSpark.firstMoment()).isEqualTo(result.firstMoment());
                assertThat(onSpark.secondMoment()).isEqualTo(result.secondMoment());
            }
            return null;
        });
    }

    private static Plan plan(TrainConfig config) {
        try (Findings findings = new Findings(context(), 1)) {
            return new Planner(context(), config, findings).plan();
        }
    }

    private static JavaSparkContext context() {
        return new JavaSparkContext(spark.sparkContext());
    }

    private static List<Picture> scan(Path pictures) {
        return DatasetScanner.scan(new org.apache.hadoop.fs.Path(pictures.toUri()), CONF, ScanOptions.DEFAULT)
                .pictures();
    }

    private static EncodeSettings settings(boolean flip) {
        try (BaseModel base = BaseModel.open(new org.apache.hadoop.fs.Path(DemoRun.base()), CONF)) {
            return new EncodeSettings(base.vaeHash(), 64, 64, flip);
        }
    }

    private static LatentCache cache(Path work, boolean flip) {
        return new LatentCache(spark, new org.apache.hadoop.fs.Path(work.toUri()), settings(flip), CONF);
    }

    private static EncodeJob job(Path work, boolean flip) {
        WorkerSetup setup =
                new WorkerSetup(DemoRun.base(), "demo", "nd4j", DType.F32, false, new SerializableConfiguration(CONF));
        return new EncodeJob(context(), setup, settings(flip), cache(work, flip));
    }
}
