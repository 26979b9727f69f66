package org.loraspark.tensor.onednn;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.GradientConformance;

/** In float32 the differences must be of distant points, whose slope is only roughly the gradient. */
class OneDnnGradientTest extends GradientConformance {
    @Override
    protected Engine open(EngineOptions options) {
        return new OneDnnProvider().open(options);
    }

    @Override
    protected DType compute() {
        return DType.F32;
    }

    @Override
    protected double step() {
        return 5e-3;
    }

    @Override
    protected double tolerance() {
        return 2e-3;
    }
}
