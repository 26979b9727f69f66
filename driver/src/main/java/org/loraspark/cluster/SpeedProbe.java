package org.loraspark.cluster;

import java.io.Serializable;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.loraspark.config.TrainConfig;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.RankDropout;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Scope;
import org.loraspark.train.DiffusionBatch;
import org.loraspark.train.DiffusionModel;
import org.loraspark.train.DiffusionStep;

/**
 * Which engine the tasks find, and how long a micro-batch of this run takes there while all slots are busy. The models
 * that it loads are the ones that training goes on with.
 *
 * @param setup of the tasks
 * @param layout of the adapter
 * @param clipSkip of the text encoder
 * @param gradientCheckpointing as in the run
 * @param batch pictures of a micro-batch
 * @param height of the latents
 * @param width of the latents
 */
record SpeedProbe(
        WorkerSetup setup,
        LoraLayout layout,
        int clipSkip,
        boolean gradientCheckpointing,
        int batch,
        int height,
        int width)
        implements Serializable {
    /** A small model's first steps are slow, until the JVM has compiled them. */
    private static final double SECONDS = 3;

    /** A large model's first step packs the weights; after a longer one no second is waited for. */
    private static final double LONG_STEP = 60;

    /**
     * What one task found.
     *
     * @param compute the precision that the engine really has
     * @param secondsPerBatch of a micro-batch, forward and backward
     */
    record Result(String engine, DType compute, double secondsPerBatch) implements Serializable {}

    static SpeedProbe of(TrainConfig config, WorkerSetup setup, LoraLayout layout) {
        return new SpeedProbe(
                setup,
                layout,
                config.model().clipSkip(),
                config.train().gradientCheckpointing(),
                config.train().batchSize(),
                config.data().resolution().height() / 8,
                config.data().resolution().width() / 8);
    }

    /** The slowest of the tasks that run at one time. */
    Result run(JavaSparkContext spark, int tasks) {
        return spark
                .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
                .mapPartitions(ignored -> probe())
                .collect()
                .stream()
                .map(TaskOutcome::get)
                .max(Comparator.comparingDouble(Result::secondsPerBatch))
                .orElseThrow();
    }

    private Iterator<TaskOutcome<Result>> probe() {
        return List.of(TaskOutcome.of(() -> WorkerProcess.use(setup, this::measure)))
                .iterator();
    }

    private Result measure(WorkerProcess.Lease lease) {
        try (Scope scope = lease.engine().scope()) {
            DiffusionModel model = lease.model(clipSkip);
            LoraAdapters adapters = new LoraAdapters(lease.engine(), layout);
            DiffusionStep step = new DiffusionStep(lease.engine(), model, adapters, gradientCheckpointing);
            float[] latents =
                    new float[batch * height * width * model.unet().config().inChannels()];
            int[][] ids = new int[batch][model.textEncoder().config().maxPositions()];
            DiffusionBatch zeros = new DiffusionBatch(height, width, latents, latents.clone(), new int[batch], ids);
            double spent = seconds(step, zeros);
            double best = spent;
            for (int steps = 1; spent < SECONDS || steps == 1 && spent < LONG_STEP; steps++) {
                double next = seconds(step, zeros);
                best = Math.min(best, next);
                spent += next;
            }
            return new Result(lease.engine().name(), lease.engine().compute(), best);
        }
    }

    private static double seconds(DiffusionStep step, DiffusionBatch batch) {
        long before = System.nanoTime();
        step.forwardBackward(batch, 1, RankDropout.NONE);
        return (System.nanoTime() - before) / 1e9;
    }
}
