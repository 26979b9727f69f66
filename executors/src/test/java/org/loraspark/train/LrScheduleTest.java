package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.loraspark.UserError;

class LrScheduleTest {
    private static double factor(LrSchedule.Kind kind, long warmup, long step) {
        return new LrSchedule(kind, warmup, 100, 2).factor(step);
    }

    @Test
    void warmupRisesFromZeroInOptimizerSteps() {
        for (LrSchedule.Kind kind : LrSchedule.Kind.values()) {
            assertThat(factor(kind, 20, 0)).isZero();
            assertThat(factor(kind, 20, 5)).isEqualTo(0.25);
            assertThat(factor(kind, 20, 20)).as("%s", kind).isEqualTo(1);
        }
    }

    @Test
    void linearAndCosineReachZeroAtTheEnd() {
        assertThat(factor(LrSchedule.Kind.LINEAR, 0, 25)).isEqualTo(0.75);
        assertThat(factor(LrSchedule.Kind.LINEAR, 0, 100)).isZero();
        assertThat(factor(LrSchedule.Kind.COSINE, 0, 50)).isCloseTo(0.5, within(1e-12));
        assertThat(factor(LrSchedule.Kind.COSINE, 20, 60)).isCloseTo(0.5, within(1e-12));
        assertThat(factor(LrSchedule.Kind.COSINE, 0, 100)).isCloseTo(0, within(1e-12));
        assertThat(factor(LrSchedule.Kind.CONSTANT, 0, 99)).isEqualTo(1);
    }

    @Test
    void restartsBeginAgainAtThePeakAndEndAtZero() {
        assertThat(factor(LrSchedule.Kind.COSINE_WITH_RESTARTS, 0, 25)).isCloseTo(0.5, within(1e-12));
        assertThat(factor(LrSchedule.Kind.COSINE_WITH_RESTARTS, 0, 50)).isEqualTo(1);
        assertThat(factor(LrSchedule.Kind.COSINE_WITH_RESTARTS, 0, 100)).isZero();
    }

    @Test
    void unknownNameListsTheKnownOnes() {
        assertThat(LrSchedule.Kind.named("constant_with_warmup")).isEqualTo(LrSchedule.Kind.CONSTANT);
        assertThatThrownBy(() -> LrSchedule.Kind.named("cosin"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("cosine_with_restarts");
    }
}
