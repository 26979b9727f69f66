package org.loraspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AxisTest {
    @Test
    void ticksAreRoundNumbersAroundAllValues() {
        Axis axis = Axis.around(0.0233, 0.0967, 4);
        assertThat(axis.ticks()).extracting(axis::label).containsExactly("0.02", "0.04", "0.06", "0.08", "0.10");
        assertThat(axis.at(axis.from())).isZero();
        assertThat(axis.at(0.06)).isEqualTo(50);
        assertThat(axis.at(axis.to())).isEqualTo(100);
    }

    @Test
    void oneValueHasRoomOnBothSides() {
        assertThat(Axis.around(0.05, 0.05, 4).at(0.05)).isBetween(20.0, 80.0);
        assertThat(Axis.around(0, 0, 4).at(0)).isBetween(20.0, 80.0);
    }

    @Test
    void roundsAreCountedInWholeNumbers() {
        assertThat(Axis.whole(1, 3, 6).ticks()).containsExactly(1.0, 2.0, 3.0);
        assertThat(Axis.whole(0, 27, 6).ticks()).containsExactly(0.0, 5.0, 10.0, 15.0, 20.0, 25.0);
    }
}
