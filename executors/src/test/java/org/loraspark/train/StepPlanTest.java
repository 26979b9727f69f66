package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class StepPlanTest {
    @Test
    void lastStepOfAnEpochMayBeShort() {
        assertThat(StepPlan.steps(12, 4, 1)).isEqualTo(3);
        assertThat(StepPlan.steps(13, 4, 1)).isEqualTo(4);
        assertThat(StepPlan.steps(13, 2, 3)).isEqualTo(3);
        assertThat(StepPlan.steps(1, 8, 8)).isEqualTo(1);
    }

    @Test
    void roundsAndEpochsNeedNotAgree() {
        StepPlan plan = new StepPlan(4, 10, 3);
        assertThat(plan.rounds()).isEqualTo(4);
        assertThat(plan.roundOf(2)).isZero();
        assertThat(plan.roundOf(3)).isEqualTo(1);
        assertThat(plan.epochOf(3)).isZero();
        assertThat(plan.epochOf(4)).isEqualTo(1);
        assertThat(plan.end(2)).isEqualTo(9);
        assertThat(plan.end(3)).isEqualTo(10);
    }

    @Property(tries = 200)
    void everyStepLiesInExactlyOneRound(
            @ForAll @LongRange(min = 1, max = 500) long total, @ForAll @LongRange(min = 1, max = 500) long perRound) {
        StepPlan plan = new StepPlan(7, total, perRound);
        long step = 0;
        for (long round = 0; round < plan.rounds(); round++) {
            assertThat(plan.roundOf(step)).isEqualTo(round);
            assertThat(plan.end(round)).isGreaterThan(step).isLessThanOrEqualTo(step + perRound);
            assertThat(plan.endOfRound(step)).isEqualTo(plan.end(round));
            assertThat(plan.numberOfRound(plan.end(round))).isEqualTo(round + 1);
            step = plan.end(round);
        }
        assertThat(step).isEqualTo(total);
    }
}
