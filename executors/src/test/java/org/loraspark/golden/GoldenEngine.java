package org.loraspark.golden;

import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineProvider;

/** An engine that the golden cases run on, in one precision. */
public record GoldenEngine(EngineProvider provider, DType precision) {
    public Engine open() {
        return provider.open(EngineOptions.of(precision, 1));
    }

    @Override
    public String toString() {
        return provider.name() + " " + precision;
    }
}
