package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GradientClippingTest {
    @Test
    void longGradientIsScaledAsPytorchScalesIt() {
        float[] gradient = {3, 4, 12};
        assertThat(GradientClipping.clip(gradient, 1)).isEqualTo(13);
        // torch.nn.utils.clip_grad_norm_
        assertThat(gradient[0]).isCloseTo(0.230769217f, within(1e-7f));
        assertThat(gradient[1]).isCloseTo(0.307692289f, within(1e-7f));
        assertThat(gradient[2]).isCloseTo(0.923076868f, within(1e-7f));
    }

    @Test
    void shortGradientKeepsItsBits() {
        float[] gradient = {0.3f, -0.4f};
        assertThat(GradientClipping.clip(gradient, 1)).isCloseTo(0.5, within(1e-7));
        assertThat(gradient).containsExactly(0.3f, -0.4f);
    }

    @Test
    void zeroTurnsClippingOff() {
        float[] gradient = {300, 400};
        assertThat(GradientClipping.clip(gradient, 0)).isEqualTo(500);
        assertThat(gradient).containsExactly(300, 400);
    }

    @Test
    void normNeitherOverflowsNorHidesWhatIsNotFinite() {
        assertThat(GradientClipping.norm(new float[] {3e38f, 3e38f})).isCloseTo(4.2426407e38, within(1e32));
        assertThat(GradientClipping.clip(new float[] {1, Float.NaN}, 1)).isNaN();
        assertThat(GradientClipping.clip(new float[] {1, Float.NEGATIVE_INFINITY}, 1))
                .isInfinite();
    }
}
