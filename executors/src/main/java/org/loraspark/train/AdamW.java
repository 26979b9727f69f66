package org.loraspark.train;

import java.io.Serializable;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), in the order of operations of {@code
 * torch.optim.AdamW}:
 *
 * <pre>
 * θ ← θ (1 - lr λ)
 * m ← m + (g - m)(1 - β1)
 * v ← v β2 + g² (1 - β2)
 * θ ← θ - lr / (1 - β1ᵗ) · m / (√v / √(1 - β2ᵗ) + ε)
 * </pre>
 *
 * ND4J's own Adam scales ε differently and has no decoupled decay, so a run would not follow PyTorch's.
 */
public record AdamW(double beta1, double beta2, double epsilon, double weightDecay) implements Serializable {
    public AdamW {
        if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException("betas must be in [0, 1), got " + beta1 + ", " + beta2);
        }
    }

    /**
     * Updates a range of parameters in place.
     *
     * @param t number of this optimizer step, from 1
     * @param from first index
     * @param to one past the last index
     */
    public void step(float[] theta, float[] grad, float[] m, float[] v, long t, double lr, int from, int to) {
        float decay = (float) (1 - lr * weightDecay);
        float oneMinusBeta1 = (float) (1 - beta1);
        float b2 = (float) beta2;
        float oneMinusBeta2 = (float) (1 - beta2);
        float stepSize = (float) (lr / (1 - StrictMath.pow(beta1, t)));
        float root = (float) StrictMath.sqrt(1 - StrictMath.pow(beta2, t));
        float eps = (float) epsilon;
        for (int i = from; i < to; i++) {
            float g = grad[i];
            m[i] += (g - m[i]) * oneMinusBeta1;
            v[i] = v[i] * b2 + g * g * oneMinusBeta2;
            theta[i] = theta[i] * decay - stepSize * (m[i] / ((float) Math.sqrt(v[i]) / root + eps));
        }
    }
}
