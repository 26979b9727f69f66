package org.loraspark.tensor.onednn;

/**
 * Winograd's minimal filtering F(4, 3): four sums of three products each with six multiplications,
 * {@code y = RESULT ((FILTER w) * (DATA x))} for {@code y[i] = x[i] w[0] + x[i + 1] w[1] + x[i + 2] w[2]}. The polynomials
 * are evaluated at 0, 1, -1, 1/2, -2 and infinity, whose rounding errors are half of those of the usual 0, 1, -1, 2, -2
 * (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks"; Barabasz et al. 2020, "Error Analysis and
 * Improving the Accuracy of Winograd Convolution for Deep Neural Networks").
 */
final class Winograd {
    static final int OUTPUTS = 4;
    static final int TAPS = 3;
    static final int POINTS = 6;

    /** The point whose products enter all outputs once: what is added to them is added to all. */
    static final int ONE = 1;

    /** {@code [points][points]}. */
    static final double[][] DATA = {
        {1, -1.5, -2, 1.5, 1, 0},
        {0, -1, 0.5, 2.5, 1, 0},
        {0, 1, -2.5, 0.5, 1, 0},
        {0, -2, -1, 2, 1, 0},
        {0, 0.5, -1, -0.5, 1, 0},
        {0, 1, -1.5, -2, 1.5, 1}
    };

    /** {@code [points][taps]}. */
    static final double[][] FILTER = {
        {1, 0, 0},
        {1 / 3.0, 1 / 3.0, 1 / 3.0},
        {-1 / 3.0, 1 / 3.0, -1 / 3.0},
        {-16 / 15.0, -8 / 15.0, -4 / 15.0},
        {1 / 15.0, -2 / 15.0, 4 / 15.0},
        {0, 0, 1}
    };

    /** {@code [outputs][points]}. */
    static final double[][] RESULT = {
        {1, 1, 1, 1, 1, 0},
        {0, 1, -1, 0.5, -2, 0},
        {0, 1, 1, 0.25, 4, 0},
        {0, 1, -1, 0.125, -8, 1}
    };

    private Winograd() {}
}
