package org.loraspark.infer;

import org.loraspark.models.sd.NoiseSchedule;

/**
 * Euler steps with ancestral noise (k-diffusion's "euler_ancestral"): going from σ to σ', the step goes down to σ_down and
 * noise brings it up again, σ_up² = σ'² (σ² - σ'²) / σ², σ_down² = σ'² - σ_up². Timesteps are spaced evenly from the last
 * to 0; after them σ' = 0.
 */
final class EulerAncestralSampler implements Sampler {
    private final double[] timesteps;
    private final double[] sigmas;

    EulerAncestralSampler(NoiseSchedule schedule, int steps) {
        this.timesteps = new double[steps];
        this.sigmas = new double[steps + 1];
        double last = schedule.timesteps() - 1;
        for (int i = 0; i < steps; i++) {
            timesteps[i] = steps == 1 ? last : last * (steps - 1 - i) / (steps - 1);
            sigmas[i] = Sigmas.at(schedule, timesteps[i]);
        }
    }

    @Override
    public double[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public double initialSigma() {
        return sigmas[0];
    }

    @Override
    public double inputScale(int i) {
        return 1 / Math.sqrt(sigmas[i] * sigmas[i] + 1);
    }

    @Override
    public float[] step(int i, float[] x, float[] epsilon, NoiseSource noise) {
        double from = sigmas[i] * sigmas[i];
        double to = sigmas[i + 1] * sigmas[i + 1];
        double up = Math.sqrt(to * (from - to) / from);
        double down = Math.sqrt(to - up * up);
        float direction = (float) (down - sigmas[i]);
        float[] fresh = up > 0 ? noise.noise(i) : new float[x.length];
        float[] next = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            next[k] = x[k] + direction * epsilon[k] + (float) up * fresh[k];
        }
        return next;
    }
}
