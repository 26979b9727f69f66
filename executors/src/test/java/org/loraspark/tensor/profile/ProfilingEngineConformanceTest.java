package org.loraspark.tensor.profile;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineConformance;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.Engines;

class ProfilingEngineConformanceTest extends EngineConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new ProfilingEngine(Engines.provider("nd4j").open(options));
    }
}
