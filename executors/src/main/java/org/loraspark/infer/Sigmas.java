package org.loraspark.infer;

import org.loraspark.models.sd.NoiseSchedule;

/** The schedule in Karras et al.'s terms (2022): σ_t = √((1-ᾱ_t)/ᾱ_t), the noise on a latent of unit scale. */
final class Sigmas {
    private Sigmas() {}

    /** σ at a timestep that may lie between two of the training schedule's: linear interpolation of σ. */
    static double at(NoiseSchedule schedule, double t) {
        int low = (int) Math.min(Math.floor(t), schedule.timesteps() - 1);
        int high = Math.min(low + 1, schedule.timesteps() - 1);
        double share = t - low;
        return (1 - share) * sigma(schedule, low) + share * sigma(schedule, high);
    }

    private static double sigma(NoiseSchedule schedule, int t) {
        double alphaBar = schedule.alphaBar(t);
        return Math.sqrt((1 - alphaBar) / alphaBar);
    }
}
