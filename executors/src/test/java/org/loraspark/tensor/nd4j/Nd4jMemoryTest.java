package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.MemoryConformance;

class Nd4jMemoryTest extends MemoryConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new Nd4jProvider().open(options);
    }
}
