package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.AttentionConformance;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;

class Nd4jAttentionTest extends AttentionConformance {
    @Override
    protected Engine open() {
        return new Nd4jProvider().open(EngineOptions.of(DType.F32, 2));
    }
}
