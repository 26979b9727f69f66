package org.loraspark.tensor;

/**
 * What attention gives.
 *
 * @param output {@code [batch, queries, heads * width]}
 * @param stats what the engine's backward kernel wants to remember (for one, the log of the softmax sums)
 */
public record AttentionResult(Tensor output, Tensor stats) {}
