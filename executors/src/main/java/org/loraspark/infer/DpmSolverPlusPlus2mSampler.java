package org.loraspark.infer;

import org.loraspark.models.sd.NoiseSchedule;

/**
 * DPM-Solver++ of second order with two past evaluations (Lu et al. 2022, algorithm 2, "2M"). With α = 1/√(σ²+1), λ = -ln
 * σ and h = λ' - λ it predicts x₀ and steps x ← (α'σ'/ασ) x - α' (e^{-h} - 1) (x₀ + (x₀ - x₀ of the step before) / 2r), r =
 * (λ - λ of the step before) / h. The first and the last step are of first order; the last goes to σ' = 0.
 */
final class DpmSolverPlusPlus2mSampler implements Sampler {
    private final double[] timesteps;
    private final double[] sigmas;

    /** x₀ as predicted by the step before. */
    private float[] previous;

    DpmSolverPlusPlus2mSampler(NoiseSchedule schedule, int steps) {
        this.timesteps = new double[steps];
        this.sigmas = new double[steps + 1];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = Math.rint((schedule.timesteps() - 1.0) * (steps - i) / steps);
            sigmas[i] = Sigmas.at(schedule, timesteps[i]);
        }
    }

    @Override
    public double[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public float[] step(int i, float[] x, float[] epsilon, NoiseSource noise) {
        double alpha = alpha(sigmas[i]);
        double sigma = sigmas[i] * alpha;
        float[] original = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            original[k] = (float) ((x[k] - sigma * epsilon[k]) / alpha);
        }
        if (i == timesteps.length - 1) {
            return original;
        }
        double alphaTo = alpha(sigmas[i + 1]);
        double h = Math.log(sigmas[i] / sigmas[i + 1]);
        double keep = sigmas[i + 1] * alphaTo / sigma;
        double move = -alphaTo * Math.expm1(-h);
        boolean first = i == 0;
        double correction = first ? 0 : 0.5 * h / Math.log(sigmas[i - 1] / sigmas[i]);
        float[] next = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            double slope = first ? 0 : original[k] - previous[k];
            next[k] = (float) (keep * x[k] + move * (original[k] + correction * slope));
        }
        previous = original;
        return next;
    }

    private static double alpha(double sigma) {
        return 1 / Math.sqrt(sigma * sigma + 1);
    }
}
