package org.loraspark.tensor.onednn;

import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.MemoryConformance;

class OneDnnMemoryTest extends MemoryConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new OneDnnProvider().open(options);
    }
}
