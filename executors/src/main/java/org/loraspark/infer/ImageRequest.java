package org.loraspark.infer;

import org.loraspark.UserError;

/**
 * One picture to make.
 *
 * @param prompt without adapter tags
 * @param negative what to steer away from; may be empty
 * @param steps model evaluations, 1 to 1000
 * @param guidance classifier-free guidance scale (Ho and Salimans 2021): ε = ε_neg + guidance (ε_prompt - ε_neg); at 1 the
 *     negative prompt has no effect
 * @param seed of the noise; the same seed gives the same picture
 * @param width pixels, a multiple of 8
 * @param height pixels, a multiple of 8
 */
public record ImageRequest(
        String prompt,
        String negative,
        int steps,
        double guidance,
        Sampler.Kind sampler,
        long seed,
        int width,
        int height) {
    public ImageRequest {
        if (steps < 1 || steps > 1000) {
            throw new UserError("the number of sampling steps must be between 1 and 1000, got " + steps);
        }
        if (!(guidance >= 0 && guidance <= Double.MAX_VALUE)) {
            throw new UserError("the guidance scale must be a number of at least 0, got " + guidance);
        }
        if (width < 8 || height < 8 || width % 8 != 0 || height % 8 != 0) {
            throw new UserError("width and height of a picture must be multiples of 8, got " + width + "x" + height);
        }
    }
}
