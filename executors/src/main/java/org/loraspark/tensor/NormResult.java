package org.loraspark.tensor;

/**
 * What a normalisation gives.
 *
 * @param output same shape as the input
 * @param stats what the engine's backward kernel wants to remember (mean and reciprocal deviation), of its own layout
 */
public record NormResult(Tensor output, Tensor stats) {}
