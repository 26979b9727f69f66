package org.loraspark.cluster.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.loraspark.UserError;

class HalvingTest {
    @Test
    void nineRunsOfNineRoundsAreComparedAfterTheFirstAndTheThird() {
        Halving halving = Halving.of(3, 9, 9);
        assertThat(halving.shares())
                .extracting(share -> Halving.round(share, 9))
                .containsExactly(1L, 3L);
    }

    @Test
    void rungsOnTheSameRoundAreOne() {
        assertThat(Halving.of(3, 27, 3).shares()).hasSize(1);
    }

    @Test
    void twoRunsAreComparedToo() {
        assertThat(Halving.of(3, 2, 6).shares()).hasSize(1);
    }

    @Test
    void runsOfOneRoundCannotBeCompared() {
        assertThatThrownBy(() -> Halving.of(3, 9, 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("cluster.sync-every-steps");
    }

    @Test
    void theWeakTwoThirdsStopAndLossesThatAreNoNumbersAreTheWorst() {
        Map<String, Double> losses = new LinkedHashMap<>();
        losses.put("a", Double.NaN);
        losses.put("b", 0.2);
        losses.put("c", 0.1);
        losses.put("d", 0.3);
        losses.put("e", 0.1);
        losses.put("f", 0.4);
        assertThat(Halving.of(3, 6, 9).weakest(losses)).containsExactlyInAnyOrder("a", "b", "d", "f");
    }

    @Test
    void oneRunIsAlwaysLeft() {
        assertThat(Halving.of(3, 2, 9).weakest(Map.of("a", 0.1))).isEmpty();
        assertThat(Halving.of(3, 2, 9).weakest(Map.of("a", 0.1, "b", 0.2))).containsExactly("b");
    }
}
