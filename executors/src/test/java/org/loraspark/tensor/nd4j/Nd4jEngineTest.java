package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineConformance;
import org.loraspark.tensor.EngineOptions;

class Nd4jEngineTest extends EngineConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new Nd4jProvider().open(options);
    }
}
