package org.loraspark.train;

import org.loraspark.nn.Trace;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Tensor;

/** Looks for the first layer whose output holds NaN or infinity. */
final class FirstNotFinite implements Trace {
    private final Engine engine;
    private String name = "";

    FirstNotFinite(Engine engine) {
        this.engine = engine;
    }

    @Override
    public void see(String layer, Tensor value) {
        if (name.isEmpty() && !engine.isFinite(value)) {
            name = layer;
        }
    }

    /** The layer's name; empty when all were finite. */
    String name() {
        return name;
    }
}
