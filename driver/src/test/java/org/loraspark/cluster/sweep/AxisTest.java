package org.loraspark.cluster.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.UserError;

class AxisTest {
    @Test
    void listsAreCutAtCommasOutsideOfBracketsAndQuotes() {
        assertThat(Axis.parse("lora.rank=4, 8,16,8").values()).containsExactly("4", "8", "16");
        assertThat(Axis.parse("train.betas=[0.9,0.99],[0.8,0.999]").values())
                .containsExactly("[0.9,0.99]", "[0.8,0.999]");
        assertThat(Axis.parse("data.caption-prefix=\"a, b\",c").values()).containsExactly("\"a, b\"", "c");
    }

    @Test
    void gridHasEveryCombinationWithTheLastKeyFastest() {
        List<Axis> axes = axes("lora.rank=4,8", "train.learning-rate=1e-4,2e-4");
        assertThat(Combinations.grid(axes))
                .extracting(run -> String.join(" ", run.values()))
                .containsExactly("4 1e-4", "4 2e-4", "8 1e-4", "8 2e-4");
    }

    @Test
    void drawsStayInTheirRangesAndWholeNumbersStayWhole() {
        List<Axis> axes =
                axes("lora.rank=4..6", "train.learning-rate=1e-5..1e-3 log", "train.lr-scheduler=cosine,linear");
        List<Map<String, String>> drawn = Combinations.random(axes, 200, 1, key -> key.equals("lora.rank"));
        assertThat(drawn).hasSize(200).allSatisfy(run -> {
            assertThat(run.get("lora.rank")).isIn("4", "5", "6");
            assertThat(Double.parseDouble(run.get("train.learning-rate"))).isBetween(1e-5, 1e-3);
            assertThat(run.get("train.lr-scheduler")).isIn("cosine", "linear");
        });
        assertThat(drawn.stream().map(run -> run.get("lora.rank")).distinct()).hasSize(3);
        long below = drawn.stream()
                .filter(run -> Double.parseDouble(run.get("train.learning-rate")) < 1e-4)
                .count();
        assertThat(below)
                .as("half of a logarithmic range lies below its geometric mean")
                .isBetween(70L, 130L);
    }

    @Test
    void moreDrawsBeginWithTheSameOnesAndAnotherSeedGivesOthers() {
        List<Axis> axes = axes("train.learning-rate=1e-5..1e-3 log");
        var few = Combinations.random(axes, 5, 3, key -> false);
        assertThat(Combinations.random(axes, 20, 3, key -> false).subList(0, 5)).isEqualTo(few);
        assertThat(Combinations.random(axes, 5, 4, key -> false)).isNotEqualTo(few);
    }

    @Test
    void noCombinationIsDrawnTwice() {
        assertThat(Combinations.random(axes("lora.rank=4,8", "lora.dropout=0,0.1"), 20, 0, key -> false))
                .hasSize(4)
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lora.rnak=4,8 | did you mean lora.rank",
                "lora.rank | lora.rank=4,8,16",
                "lora.rank=4,,8 | must have the form",
                "lora.rank=8..4 | lower end",
                "lora.dropout=0..0.5 log | above 0",
                "output.dir=a,b | folder of its own",
            })
    void wrongAxisIsNamed(String over, String words) {
        assertThatThrownBy(() -> Axis.parse(over)).isInstanceOf(UserError.class).hasMessageContaining(words);
    }

    @Test
    void rangeNeedsDraws() {
        assertThatThrownBy(() -> Combinations.grid(axes("lora.rank=4..64")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("--random");
    }

    @ParameterizedTest
    @CsvSource({"2h, 7200", "90m, 5400", "1h30m, 5400", "1.5h, 5400", "45s, 45", "10 min, 600"})
    void budgetsAreRead(String text, double seconds) {
        assertThat(TimeBudget.seconds(text)).isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({"soon", "0h", "2", "''", "-1h"})
    void budgetsThatAreNoTimeAreRefused(String text) {
        assertThatThrownBy(() -> TimeBudget.seconds(text))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("2h");
    }

    private static List<Axis> axes(String... over) {
        return Stream.of(over).map(Axis::parse).toList();
    }
}
