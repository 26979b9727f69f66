package org.loraspark.train;

/**
 * One micro-batch, complete: nothing about it is random any more.
 *
 * @param height of the latents, an eighth of the picture's
 * @param width of the latents
 * @param latents scaled latents x₀ {@code [n, height, width, 4]}
 * @param noise ε of the same shape
 * @param timesteps t of each picture, 0 to 999
 * @param tokenIds caption of each picture, 77 ids
 */
public record DiffusionBatch(int height, int width, float[] latents, float[] noise, int[] timesteps, int[][] tokenIds) {
    public int size() {
        return timesteps.length;
    }
}
