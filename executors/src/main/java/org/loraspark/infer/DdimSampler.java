package org.loraspark.infer;

import org.loraspark.models.sd.NoiseSchedule;

/**
 * DDIM without added noise (Song et al. 2021, equation 12 with σ = 0): x₀ = (x - √(1-ᾱ_t) ε) / √ᾱ_t, x ← √ᾱ_s x₀ +
 * √(1-ᾱ_s) ε. Steps are spaced evenly and end at timestep 1, as Stable Diffusion's own config asks for ("leading", offset
 * 1); the last goes to ᾱ₀.
 */
final class DdimSampler implements Sampler {
    private final NoiseSchedule schedule;
    private final int stride;
    private final double[] timesteps;

    DdimSampler(NoiseSchedule schedule, int steps) {
        this.schedule = schedule;
        this.stride = schedule.timesteps() / steps;
        this.timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = (steps - 1 - i) * stride + 1;
        }
    }

    @Override
    public double[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public float[] step(int i, float[] x, float[] epsilon, NoiseSource noise) {
        int t = (int) timesteps[i];
        double from = schedule.alphaBar(Math.min(t, schedule.timesteps() - 1));
        double to = schedule.alphaBar(Math.max(t - stride, 0));
        float keep = (float) Math.sqrt(to / from);
        float add = (float) (Math.sqrt(1 - to) - Math.sqrt(to / from * (1 - from)));
        float[] next = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            next[k] = keep * x[k] + add * epsilon[k];
        }
        return next;
    }
}
