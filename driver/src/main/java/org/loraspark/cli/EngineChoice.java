package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.loraspark.UserError;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.Engines;
import picocli.CommandLine.Option;

/** Which engine computes, and in what. */
final class EngineChoice {
    @Option(names = "--engine", paramLabel = "NAME", description = "Engine (default: ${DEFAULT-VALUE}).")
    private String engine = "auto";

    @Option(names = "--precision", paramLabel = "P", description = "fp32, bf16 or fp16 (default: ${DEFAULT-VALUE}).")
    private String precision = "fp32";

    String name() {
        return engine;
    }

    /**
     * In this process, on all of its cores.
     *
     * @param err where it is said that the engine lacks the precision
     */
    Engine open(PrintWriter err) {
        DType wanted = dtype();
        Engine opened = Engines.provider(engine)
                .open(EngineOptions.of(wanted, Runtime.getRuntime().availableProcessors()));
        if (opened.compute() != wanted) {
            err.println("lora-spark: engine " + opened.name() + " computes in " + opened.compute() + " here, not in "
                    + wanted);
        }
        return opened;
    }

    DType dtype() {
        return switch (precision.toLowerCase(Locale.ROOT)) {
            case "fp32" -> DType.F32;
            case "bf16" -> DType.BF16;
            case "fp16" -> DType.F16;
            default -> throw new UserError("--precision " + precision + " must be fp32, bf16 or fp16");
        };
    }
}
