package org.loraspark.train;

import java.io.Serializable;

/**
 * One visit that an epoch makes to a picture, ready to train on.
 *
 * @param name the picture's name in its data folder
 * @param repeat 0 for the first visit in an epoch; a picture with repeats has several examples
 * @param caption as written, before shuffling and dropout
 * @param height of the latent
 * @param width of the latent
 * @param mean of the latent's distribution, unscaled {@code [height, width, 4]}
 * @param logVariance of the same shape, clamped to [-30, 20]
 * @param flippedMean of the mirrored picture; empty when pictures are not mirrored
 * @param flippedLogVariance of the mirrored picture
 */
public record Example(
        String name,
        int repeat,
        String caption,
        int height,
        int width,
        float[] mean,
        float[] logVariance,
        float[] flippedMean,
        float[] flippedLogVariance)
        implements Serializable {
    /** The example's address in all randomness. */
    public String address() {
        return repeat == 0 ? name : name + "#" + repeat;
    }
}
