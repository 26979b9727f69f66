package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.DeterminismConformance;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;

class Nd4jDeterminismTest extends DeterminismConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new Nd4jProvider().open(options);
    }

    @Override
    protected boolean sameForAnyThreads() {
        return OpenBlas.sameForAnyThreads();
    }
}
