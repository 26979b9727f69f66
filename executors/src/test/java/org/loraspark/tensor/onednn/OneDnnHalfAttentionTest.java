package org.loraspark.tensor.onednn;

import org.junit.jupiter.api.condition.EnabledIf;
import org.loraspark.tensor.AttentionConformance;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;

/** With bf16 storage: results are rounded to 8 bits, sums are not. */
@EnabledIf(value = "org.loraspark.tensor.onednn.Isa#avx512", disabledReason = "oneDNN has no bf16 on this processor")
class OneDnnHalfAttentionTest extends AttentionConformance {
    @Override
    protected Engine open() {
        return new OneDnnEngine(DType.BF16, 1, false);
    }

    @Override
    protected double tolerance() {
        return 4e-2;
    }
}
