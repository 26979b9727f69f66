package org.loraspark.tensor.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.Engines;

class OneDnnProviderTest {
    @Test
    void isWhatAutoTakesOnThisPlatformAndSaysItsInstructionSet() {
        assertThat(Engines.provider("auto").name()).isEqualTo("onednn");
        assertThat(Engines.provider("onednn").availability().detail())
                .startsWith("oneDNN on the CPU (")
                .contains(Isa.name());
        assertThat(Engines.passedOver("nd4j")).isEmpty();
    }

    @Test
    void halfPrecisionIsBf16WhereTheCpuMultipliesIt() {
        for (DType half : new DType[] {DType.BF16, DType.F16}) {
            try (Engine engine = Engines.provider("onednn").open(EngineOptions.of(half, 1))) {
                assertThat(engine.compute()).isEqualTo(Isa.bf16() ? DType.BF16 : DType.F32);
                assertThat(engine.master()).isEqualTo(DType.F32);
            }
        }
    }

    @Test
    void float64AndNoThreadsAreRefused() {
        assertThatThrownBy(() -> Engines.provider("onednn").open(EngineOptions.of(DType.F64, 1)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("nd4j");
        assertThatThrownBy(() -> Engines.provider("onednn").open(EngineOptions.of(DType.F32, 0)))
                .isInstanceOf(UserError.class);
    }
}
