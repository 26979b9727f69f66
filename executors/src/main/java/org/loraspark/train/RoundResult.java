package org.loraspark.train;

import java.io.Serializable;

/**
 * What one worker made of a round.
 *
 * @param rank the worker's number, from 0
 * @param weights its adapter's parameters afterwards
 * @param firstMoment its m
 * @param secondMoment its v
 * @param samples pictures that it trained on in this round
 * @param lossSum sum of the pictures' losses
 * @param gradientNorm mean norm before clipping over its steps
 * @param seconds time spent computing
 * @param memoryBytes the most that its process held meanwhile; 0 where the system does not tell
 */
public record RoundResult(
        int rank,
        float[] weights,
        float[] firstMoment,
        float[] secondMoment,
        long samples,
        double lossSum,
        double gradientNorm,
        double seconds,
        long memoryBytes)
        implements Serializable {}
