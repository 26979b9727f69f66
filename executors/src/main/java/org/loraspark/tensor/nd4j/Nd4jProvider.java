package org.loraspark.tensor.nd4j;

import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineProvider;

/** The engine {@code nd4j}, on the CPU or, with the Maven profile {@code cuda}, on a GPU. */
public final class Nd4jProvider implements EngineProvider {
    static final String NAME = "nd4j";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 10;
    }

    @Override
    public Availability availability() {
        return Nd4jBackend.availability(-1);
    }

    /**
     * The number of threads holds for the whole process: ND4J and its BLAS have one setting for all, and the engine that
     * was opened last decides.
     */
    @Override
    public Engine open(EngineOptions options) {
        if (options.threads() < 1) {
            throw new UserError("the engine nd4j needs at least one thread, got " + options.threads());
        }
        Availability here = Nd4jBackend.availability(options.device());
        if (!here.available()) {
            throw new UserError(here.detail());
        }
        return new Nd4jEngine(
                options.compute() == DType.F64 ? DType.F64 : DType.F32, options.threads(), options.device());
    }
}
