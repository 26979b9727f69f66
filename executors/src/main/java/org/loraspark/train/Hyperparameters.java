package org.loraspark.train;

import java.io.Serializable;

/**
 * What one worker must know to train, beside its data and the models.
 *
 * @param seed of all randomness
 * @param batchSize pictures of a micro-batch
 * @param accumulation micro-batches of an optimizer step
 * @param gradientCheckpointing keep less for the way back and compute each block twice
 * @param learningRate of the UNet's modules
 * @param textEncoderLearningRate of the text encoder's
 * @param maxGradNorm largest global norm, 0 for none
 * @param dropout of the rank vector
 * @param sampleLatents draw a latent from the VAE's distribution at every visit, instead of taking its mean
 * @param schedule factor on both learning rates
 * @param flip mirror a picture at every second visit, on average
 * @param plan which step belongs to which epoch
 */
public record Hyperparameters(
        long seed,
        int batchSize,
        int accumulation,
        boolean gradientCheckpointing,
        double learningRate,
        double textEncoderLearningRate,
        LrSchedule schedule,
        AdamW optimizer,
        double maxGradNorm,
        double dropout,
        boolean sampleLatents,
        boolean flip,
        StepPlan plan)
        implements Serializable {}
