package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AdamWTest {
    private static final AdamW ADAMW = new AdamW(0.9, 0.999, 1e-8, 0.1);
    private static final float[][] GRADIENTS = {
        {0.1f, -2, 1e-6f, 0}, {-0.3f, 0.5f, 2e-6f, 1e-9f}, {0.05f, 1.5f, -1e-6f, 4},
    };

    private final float[] theta = {0.5f, -1.25f, 3, 0};
    private final float[] m = new float[4];
    private final float[] v = new float[4];

    @Test
    void threeStepsAreThoseOfPytorch() {
        // What torch.optim.AdamW(lr=1e-2, weight_decay=0.1) makes of these values, also where epsilon matters.
        step(1);
        assertClose(theta, 0.489500016f, -1.23874998f, 2.98709893f, 0);
        step(2);
        assertClose(theta, 0.493952423f, -1.23281658f, 2.97452068f, -4.91549319e-4f);
        step(3);
        assertClose(theta, 0.496233463f, -1.23241127f, 2.9673748f, -6.87919278e-3f);
        assertClose(m, -0.0138999997f, 0.0329999924f, 1.61000003e-7f, 0.400000006f);
        assertClose(v, 1.02390019e-4f, 6.4917542e-3f, 5.99400155e-15f, 0.0160000008f);
    }

    @Test
    void onlyTheRangeMoves() {
        ADAMW.step(theta, GRADIENTS[0], m, v, 1, 1e-2, 1, 2);
        assertThat(theta).containsExactly(0.5f, theta[1], 3, 0);
        assertThat(theta[1]).isNotEqualTo(-1.25f);
        assertThat(m).containsExactly(0, m[1], 0, 0);
        assertThat(v).containsExactly(0, v[1], 0, 0);
    }

    @Test
    void learningRateZeroMovesTheMomentsAlone() {
        ADAMW.step(theta, GRADIENTS[0], m, v, 1, 0, 0, 4);
        assertThat(theta).containsExactly(0.5f, -1.25f, 3, 0);
        assertThat(m[1]).isNotZero();
        assertThat(v[1]).isNotZero();
    }

    @Test
    void decayActsOnTheWeightAndNotOnTheGradient() {
        ADAMW.step(theta, new float[4], m, v, 1, 0.5, 0, 4);
        assertClose(theta, 0.475f, -1.1875f, 2.85f, 0);
        assertThat(m).containsOnly(0);
        assertThat(v).containsOnly(0);
    }

    @Test
    void betaOutsideItsRangeIsRefused() {
        assertThatThrownBy(() -> new AdamW(1, 0.999, 1e-8, 0)).hasMessageContaining("1.0");
        assertThatThrownBy(() -> new AdamW(0.9, Double.NaN, 1e-8, 0)).hasMessageContaining("NaN");
    }

    private void step(int t) {
        ADAMW.step(theta, GRADIENTS[t - 1], m, v, t, 1e-2, 0, 4);
    }

    private static void assertClose(float[] actual, float... expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("value %d", i).isCloseTo(expected[i], within(2e-6f * Math.abs(expected[i])));
        }
    }
}
