package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchMakerTest {
    private static final double SCALE = 0.5;

    /** Mean 3 and deviation 2, mirrored mean -3. */
    private static final Example EXAMPLE =
            new Example("a.png", 0, "", 1, 1, filled(3), filled(Math.log(4)), filled(-3), filled(Math.log(4)));

    @Test
    void meanIsTheScaledMean() {
        assertThat(maker(false, false).make(List.of(EXAMPLE), 0).latents()).containsOnly(1.5f);
    }

    @Test
    void drawnLatentsFollowTheDistribution() {
        BatchMaker maker = maker(true, false);
        double[] drawn = IntStream.range(0, 2000)
                .mapToObj(epoch -> maker.make(List.of(EXAMPLE), epoch).latents())
                .flatMapToDouble(latents -> IntStream.range(0, 4).mapToDouble(i -> latents[i]))
                .toArray();
        double mean = Arrays.stream(drawn).average().orElseThrow();
        double variance = Arrays.stream(drawn).map(x -> x * x).average().orElseThrow() - mean * mean;
        assertThat(mean).isCloseTo(1.5, within(0.05));
        assertThat(variance).isCloseTo(1, within(0.06));
    }

    @Test
    void halfOfTheVisitsAreMirrored() {
        BatchMaker maker = maker(false, true);
        long mirrored = IntStream.range(0, 1000)
                .filter(epoch -> maker.make(List.of(EXAMPLE), epoch).latents()[0] < 0)
                .count();
        assertThat(mirrored).isBetween(440L, 560L);
    }

    @Test
    void drawsDependOnTheExampleAndNotOnItsBatch() {
        Example other = new Example("b.png", 0, "", 1, 1, filled(1), filled(0), filled(1), filled(0));
        BatchMaker maker = maker(true, true);
        DiffusionBatch alone = maker.make(List.of(EXAMPLE), 7);
        DiffusionBatch together = maker.make(List.of(other, EXAMPLE), 7);
        assertThat(Arrays.copyOfRange(together.noise(), 4, 8)).containsExactly(alone.noise());
        assertThat(Arrays.copyOfRange(together.latents(), 4, 8)).containsExactly(alone.latents());
        assertThat(together.timesteps()[1]).isEqualTo(alone.timesteps()[0]);
        assertThat(maker.make(List.of(EXAMPLE), 8).noise()).isNotEqualTo(alone.noise());
    }

    private static BatchMaker maker(boolean sample, boolean flip) {
        Hyperparameters hp = new Hyperparameters(
                5,
                1,
                1,
                false,
                1e-3,
                1e-3,
                new LrSchedule(LrSchedule.Kind.CONSTANT, 0, 10, 1),
                new AdamW(0.9, 0.999, 1e-8, 0),
                1,
                0,
                sample,
                flip,
                new StepPlan(1, 10, 1));
        return new BatchMaker(hp, (example, epoch) -> new int[77], SCALE, 1000);
    }

    private static float[] filled(double value) {
        float[] values = new float[4];
        Arrays.fill(values, (float) value);
        return values;
    }
}
