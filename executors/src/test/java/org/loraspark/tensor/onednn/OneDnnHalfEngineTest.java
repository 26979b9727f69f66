package org.loraspark.tensor.onednn;

import org.junit.jupiter.api.condition.EnabledIf;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineConformance;
import org.loraspark.tensor.EngineOptions;

/** With bf16 storage: a result is rounded to 8 bits, a residual sum perhaps twice. */
@EnabledIf(value = "org.loraspark.tensor.onednn.Isa#avx512", disabledReason = "oneDNN has no bf16 on this processor")
class OneDnnHalfEngineTest extends EngineConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new OneDnnEngine(options.compute(), options.threads(), false);
    }

    @Override
    protected DType compute() {
        return DType.BF16;
    }

    @Override
    protected double tolerance() {
        return 8e-3;
    }
}
