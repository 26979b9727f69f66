package org.loraspark.tensor.onednn;

import org.loraspark.tensor.AttentionConformance;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;

class OneDnnAttentionTest extends AttentionConformance {
    @Override
    protected Engine open() {
        return new OneDnnEngine(DType.F32, 1, false);
    }
}
