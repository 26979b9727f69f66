package org.loraspark.models.sd;

/**
 * Stable Diffusion's "scaled linear" schedule: β_t = (√β₀ + (√β₁ - √β₀) t/(T-1))², ᾱ_t = Π (1 - β). In double, as the
 * original computes it.
 */
public final class NoiseSchedule {
    private final double[] alphaBars;

    /**
     * @param betaStart β at timestep 0, 0.00085 for Stable Diffusion
     * @param betaEnd β at the last timestep, 0.012
     * @param timesteps T, 1000
     */
    public NoiseSchedule(double betaStart, double betaEnd, int timesteps) {
        alphaBars = new double[timesteps];
        double low = Math.sqrt(betaStart);
        double high = Math.sqrt(betaEnd);
        double product = 1;
        for (int t = 0; t < timesteps; t++) {
            double root = low + (high - low) * t / (timesteps - 1);
            product *= 1 - root * root;
            alphaBars[t] = product;
        }
    }

    public static NoiseSchedule stableDiffusion() {
        return new NoiseSchedule(0.00085, 0.012, 1000);
    }

    /** T; timesteps run from 0 to T - 1. */
    public int timesteps() {
        return alphaBars.length;
    }

    /** ᾱ_t: the share of the signal's variance that is left. */
    public double alphaBar(int t) {
        return alphaBars[t];
    }

    /** ᾱ_t / (1 - ᾱ_t). */
    public double signalToNoise(int t) {
        return alphaBars[t] / (1 - alphaBars[t]);
    }
}
