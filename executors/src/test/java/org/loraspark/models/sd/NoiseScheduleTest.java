package org.loraspark.models.sd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoiseScheduleTest {
    private final NoiseSchedule schedule = NoiseSchedule.stableDiffusion();

    @ParameterizedTest
    @CsvSource({
        "0, 0.99915000",
        "1, 0.99829603",
        "100, 0.89422348",
        "250, 0.67379263",
        "500, 0.27633268",
        "750, 0.05616985",
        "900, 0.01415114",
        "999, 0.00466010"
    })
    void alphaBarsAreStableDiffusions(int timestep, double alphaBar) {
        assertThat(schedule.alphaBar(timestep)).isCloseTo(alphaBar, within(5e-9));
    }

    @ParameterizedTest
    @CsvSource({"0, 1175.47", "100, 8.4539", "250, 2.06553", "500, 0.381850", "999, 0.00468192"})
    void signalToNoiseRatiosAreStableDiffusions(int timestep, double ratio) {
        assertThat(schedule.signalToNoise(timestep)).isCloseTo(ratio, within(5e-6 * ratio));
    }

    @Test
    void hasAThousandTimesteps() {
        assertThat(schedule.timesteps()).isEqualTo(1000);
    }
}
