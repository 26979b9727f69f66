package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DoctorCommandTest {
    @Test
    void tellsMachineEnginesAndSpeed() {
        CliRun run = CliRun.of("doctor", "--seconds", "0.1");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains(
                        "Java     ",
                        "Spark    4.",
                        "CPU      ",
                        "Memory   ",
                        "Engine   nd4j: ",
                        "agrees with plain Java")
                .containsPattern("CPU      .*(AMX|AVX)")
                .containsPattern("Speed    \\w+ [0-9.]+ TFLOP/s in F32")
                .containsPattern("Speed    \\w+ ([0-9.]+ TFLOP/s in BF16|has no bf16)");
    }
}
