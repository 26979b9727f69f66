package org.loraspark.lora;

/**
 * Frobenius norms of an adapter's updates, without forming them: ‖B A‖² is the sum of the products of the entries of BᵀB
 * and A Aᵀ, both {@code [rank, rank]}.
 */
public final class UpdateNorms {
    private UpdateNorms() {}

    /** ‖alpha / rank * up down‖ of each module, in the layout's order. */
    public static double[] of(LoraWeights weights) {
        int modules = weights.layout().modules().size();
        double[] norms = new double[modules];
        for (int m = 0; m < modules; m++) {
            norms[m] = norm(weights, m);
        }
        return norms;
    }

    private static double norm(LoraWeights weights, int index) {
        LoraModule module = weights.layout().modules().get(index);
        int rank = module.rank();
        int in = Math.toIntExact(module.in());
        int out = Math.toIntExact(module.out());
        float[] down = weights.down(index);
        float[] up = weights.up(index);
        double square = 0;
        for (int p = 0; p < rank; p++) {
            for (int q = 0; q < rank; q++) {
                double ups = 0;
                for (int o = 0; o < out; o++) {
                    ups += (double) up[o * rank + p] * up[o * rank + q];
                }
                double downs = 0;
                for (int i = 0; i < in; i++) {
                    downs += (double) down[p * in + i] * down[q * in + i];
                }
                square += ups * downs;
            }
        }
        // Rounding may leave a zero update a hair below zero.
        return Math.abs(module.scale()) * Math.sqrt(Math.max(0, square));
    }
}
