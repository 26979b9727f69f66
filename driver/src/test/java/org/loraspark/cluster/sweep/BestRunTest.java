package org.loraspark.cluster.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.loraspark.report.SweepSummary.Status;

class BestRunTest {
    @Test
    void lowestValidationLossIsBestAndASmallerRankWithinOnePercentIsNoted() {
        BestRun best = BestRun.of(
                        List.of(run("small", 4, 0.5, 0.1009), run("large", 16, 0.4, 0.1), run("worse", 32, 0.1, 0.2)))
                .orElseThrow();
        assertThat(best.run().name()).isEqualTo("large");
        assertThat(best.reason()).contains("validation loss of 3 finished runs, 0.10000");
        assertThat(best.notes()).singleElement().asString().contains("small with rank 4", "within 1 %", "4 to 8", "16");
    }

    @Test
    void smallerRankThatIsWorseIsNotNoted() {
        assertThat(BestRun.of(List.of(run("small", 4, 0.5, 0.1011), run("large", 16, 0.4, 0.1)))
                        .orElseThrow()
                        .notes())
                .isEmpty();
    }

    @Test
    void rankAboveSixtyFourIsWarnedOf() {
        assertThat(BestRun.of(List.of(run("huge", 65, 0.5, 0.1))).orElseThrow().notes())
                .singleElement()
                .asString()
                .contains("rank 65 is more than 64");
    }

    @Test
    void withoutValidationTheTrainingLossDecidesAndIsDoubted() {
        BestRun best = BestRun.of(List.of(run("a", 4, 0.5, null), run("b", 4, 0.4, null)))
                .orElseThrow();
        assertThat(best.run().name()).isEqualTo("b");
        assertThat(best.reason()).contains("training loss");
        assertThat(best.notes()).singleElement().asString().contains("data.validation-split");
    }

    @Test
    void runsThatAreNotDoneAreNotBest() {
        assertThat(BestRun.of(List.of(run("a", 4, 0.5, 0.1).with(Status.STOPPED, "weak"))))
                .isEmpty();
    }

    @Test
    void namesAreReadableAndDiffer() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("lora.rank", 8);
        values.put("train.learning-rate", 2e-4);
        assertThat(RunName.of(values, Set.of())).isEqualTo("rank8-lr0.0002");
        assertThat(RunName.of(values, Set.of("rank8-lr0.0002"))).isEqualTo("rank8-lr0.0002-2");
        values.clear();
        values.put("train.lr-scheduler", "cosine");
        values.put("data.resolution", List.of(64, 128));
        values.put("lora.text-encoder", true);
        values.put("model.base", "hdfs://host/models/sd 1.5.safetensors");
        values.put("train.epsilon", 1e-12);
        assertThat(RunName.of(values, Set.of()))
                .isEqualTo("cosine-resolution64x128-text-encoder-true-sd_1.5.safetensors-epsilon1e-12");
    }

    private static RunResult run(String name, int rank, double loss, Double validationLoss) {
        return new RunResult(
                name,
                Map.of("lora.rank", rank),
                Status.DONE,
                "",
                false,
                1,
                10,
                2,
                loss,
                validationLoss,
                1.0,
                1.0,
                1L,
                1L,
                name,
                "");
    }
}
