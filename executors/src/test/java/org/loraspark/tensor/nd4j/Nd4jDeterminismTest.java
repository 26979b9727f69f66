package org.loraspark.tensor.nd4j;

import org.loraspark.tensor.DeterminismConformance;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.Engines;

class Nd4jDeterminismTest extends DeterminismConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new Nd4jProvider().open(options);
    }

    @Override
    protected boolean sameForAnyThreads() {
        return Engines.provider("onednn").availability().detail().matches(".*(AVX-512|AMX).*");
    }
}
