package org.loraspark.cluster;

import java.io.Serializable;

/**
 * What all workers of one round did together.
 *
 * @param step of the run after it
 * @param samples pictures that they trained on
 * @param lossSum sum of the pictures' losses
 * @param gradientNorm mean before clipping
 * @param seconds of computing, the slowest worker's
 * @param memoryBytes the most that a worker's process held; 0 where the system does not tell
 * @param validationLoss after the round; null when nothing is held out
 */
record RoundSummary(
        long step,
        long samples,
        double lossSum,
        double gradientNorm,
        double seconds,
        long memoryBytes,
        Double validationLoss,
        double validationSeconds)
        implements Serializable {}
