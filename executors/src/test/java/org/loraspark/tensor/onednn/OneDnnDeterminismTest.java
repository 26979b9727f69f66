package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DeterminismConformance;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;

class OneDnnDeterminismTest extends DeterminismConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new OneDnnProvider().open(options);
    }
}
