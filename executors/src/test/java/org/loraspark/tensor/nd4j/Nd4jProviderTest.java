package org.loraspark.tensor.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineProvider.Availability;
import org.loraspark.tensor.Engines;

class Nd4jProviderTest {
    @Test
    void isFoundByNameAndSaysWhatItRunsOn() {
        Availability here = Engines.provider("nd4j").availability();
        assertThat(here.available()).isTrue();
        assertThat(here.detail())
                .contains("CPU")
                .contains("OPENBLAS with the kernels for ")
                .contains("fp32");
    }

    @Test
    void halfPrecisionIsServedInFloat32() {
        try (Engine engine = Engines.provider("nd4j").open(EngineOptions.of(DType.BF16, 1))) {
            assertThat(engine.compute()).isEqualTo(DType.F32);
        }
    }

    @Test
    void noThreadsAreRefused() {
        EngineOptions none = EngineOptions.of(DType.F32, 0);
        assertThatThrownBy(() -> Engines.provider("nd4j").open(none)).isInstanceOf(UserError.class);
    }

    @Test
    void aGpuWithoutCodeIsNamedWithTheWayOut() {
        Availability tooNew = Nd4jBackend.gpu("NVIDIA H100", 9, 0);
        assertThat(tooNew.available()).isFalse();
        assertThat(tooNew.detail()).contains("NVIDIA H100", "9.0", "too new", "A100", "CPU");
        assertThat(Nd4jBackend.gpu("Tesla K40", 3, 5).available()).isFalse();
        assertThat(Nd4jBackend.gpu("NVIDIA A10", 8, 6).available()).isTrue();
        assertThat(Nd4jBackend.gpu("NVIDIA RTX 4090", 8, 9).available()).isTrue();
    }
}
