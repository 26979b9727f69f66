package org.loraspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverfittingTest {
    @Test
    void validationThatRisesWhileTrainingFallsIsOverfitting() {
        var found =
                Overfitting.of(rounds(new double[] {.10, .08, .06, .05, .04, .03}, .09, .07, .060, .063, .066, .069));
        assertThat(found).isPresent();
        assertThat(found.get().best().round()).isEqualTo(3);
        assertThat(found.get().rise()).isBetween(0.09, 0.11);
    }

    @Test
    void bothFallingIsNot() {
        assertThat(Overfitting.of(rounds(new double[] {.1, .08, .06, .05}, .09, .08, .07, .06)))
                .isEmpty();
    }

    @Test
    void bothRisingIsInstabilityAndNotOverfitting() {
        assertThat(Overfitting.of(rounds(new double[] {.1, .05, .07, .09}, .09, .06, .07, .08)))
                .isEmpty();
    }

    @Test
    void smallWobbleOrASingleRoundAfterTheBestIsNot() {
        assertThat(Overfitting.of(rounds(new double[] {.1, .08, .06, .05}, .09, .0700, .0701, .0702)))
                .isEmpty();
        assertThat(Overfitting.of(rounds(new double[] {.1, .08, .06}, .09, .07, .08)))
                .isEmpty();
        assertThat(Overfitting.of(List.of())).isEmpty();
    }

    private static List<RoundMetrics> rounds(double[] losses, double... validation) {
        List<RoundMetrics> rounds = new ArrayList<>();
        for (int i = 0; i < losses.length; i++) {
            rounds.add(new RoundMetrics(
                    i + 1, i + 1, i + 1, i + 1, losses[i], validation[i], 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0));
        }
        return rounds;
    }
}
