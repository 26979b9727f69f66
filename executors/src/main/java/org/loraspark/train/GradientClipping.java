package org.loraspark.train;

/** Scales a gradient down to a largest global L2 norm, as {@code torch.nn.utils.clip_grad_norm_} does. */
public final class GradientClipping {
    private GradientClipping() {}

    /** L2 norm of the whole vector, summed in double. */
    public static double norm(float[] grad) {
        double sum = 0;
        for (float g : grad) {
            sum += (double) g * g;
        }
        return Math.sqrt(sum);
    }

    /**
     * g ← g · min(1, maxNorm / (‖g‖ + 1e-6)).
     *
     * @param maxNorm 0 turns clipping off
     * @return the norm before clipping
     */
    public static double clip(float[] grad, double maxNorm) {
        double norm = norm(grad);
        double factor = maxNorm / (norm + 1e-6);
        if (maxNorm > 0 && factor < 1) {
            float f = (float) factor;
            for (int i = 0; i < grad.length; i++) {
                grad[i] *= f;
            }
        }
        return norm;
    }
}
