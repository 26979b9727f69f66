package org.loraspark.tensor.onednn;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineConformance;
import org.loraspark.tensor.EngineOptions;

class OneDnnEngineTest extends EngineConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new OneDnnProvider().open(options);
    }
}
