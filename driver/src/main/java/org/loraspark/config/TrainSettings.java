package org.loraspark.config;

import java.io.Serializable;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;

/**
 * Optimisation; the keys of {@code train} in {@code defaults.conf}.
 *
 * @param maxSteps optimizer steps of each worker, 0 for no limit
 * @param lrScheduler {@code constant}, {@code constant_with_warmup}, {@code linear}, {@code cosine} or {@code
 *     cosine_with_restarts}; {@code constant} only with {@code warmupSteps} 0
 * @param maxGradNorm 0 switches clipping off
 * @param resumeFrom checkpoint folder or adapter file, empty for none
 */
public record TrainSettings(
        int epochs,
        int maxSteps,
        int batchSize,
        int gradientAccumulationSteps,
        boolean gradientCheckpointing,
        double learningRate,
        double textEncoderLearningRate,
        String lrScheduler,
        int lrCycles,
        int warmupSteps,
        String optimizer,
        double weightDecay,
        double beta1,
        double beta2,
        double epsilon,
        double maxGradNorm,
        DType precision,
        long seed,
        String resumeFrom)
        implements Serializable {
    /** The check that needs the length of the run, which the data gives unless {@code maxSteps} does. */
    public void requireWarmupWithin(long totalSteps) {
        if (warmupSteps > totalSteps) {
            throw new UserError("train.warmup-steps = " + warmupSteps + " is more than the run's " + totalSteps
                    + " optimizer steps; make it smaller or train longer");
        }
    }
}
