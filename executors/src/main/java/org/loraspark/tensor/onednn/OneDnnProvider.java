package org.loraspark.tensor.onednn;

import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineProvider;
import org.nd4j.linalg.factory.Nd4j;

/** The engine {@code onednn}: bf16 where the CPU multiplies it, fp32 elsewhere. */
public final class OneDnnProvider implements EngineProvider {
    static final String NAME = "onednn";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 20;
    }

    @Override
    public Availability availability() {
        try {
            if (!Nd4j.getEnvironment().isCPU()) {
                return new Availability(false, "this build is for GPUs; use the engine nd4j");
            }
            String precision = Isa.bf16() ? "which trains in bf16 or fp32" : "which trains in fp32 only";
            return new Availability(true, "oneDNN on the CPU (" + Isa.name() + "), " + precision);
        } catch (RuntimeException | LinkageError e) {
            return new Availability(false, "oneDNN does not load on this platform (" + reason(e) + ")");
        }
    }

    @Override
    public Engine open(EngineOptions options) {
        if (options.threads() < 1) {
            throw new UserError("the engine onednn needs at least one thread, got " + options.threads());
        }
        if (options.compute() == DType.F64) {
            throw new UserError("the engine onednn has no fp64; use the engine nd4j");
        }
        Availability here = availability();
        if (!here.available()) {
            throw new UserError(here.detail());
        }
        boolean half = options.compute() != DType.F32 && Isa.bf16();
        return new OneDnnEngine(half ? DType.BF16 : DType.F32, options.threads(), options.compact());
    }

    /** Without the folders that were searched. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).split(": /|\\. Search", 2)[0];
    }
}
