package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.package$;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.EngineProvider;
import org.loraspark.tensor.Engines;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a person needs to know when something does not work, in one screen. */
@Command(
        name = "doctor",
        description = "Tells what is installed, which engines work here and how fast they are.",
        footer = {"  lora-spark doctor", "  lora-spark doctor --seconds 0"})
final class DoctorCommand implements Callable<Integer> {
    private static final double MAX_ERROR = 1e-5;
    private static final int PRECISIONS = 2;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Time for the speed figures together (default: ${DEFAULT-VALUE}).")
    private double seconds = 10;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        line(out, "Java", Machine.java());
        line(out, "Spark", package$.MODULE$.SPARK_VERSION());
        line(out, "CPU", Machine.processor() + ", " + Machine.instructionSet());
        line(out, "Memory", Machine.memory());
        for (EngineProvider provider : Engines.providers()) {
            EngineProvider.Availability availability = provider.availability();
            line(
                    out,
                    "Engine",
                    provider.name()
                            + (availability.available() ? ": " : " does not work here: ")
                            + availability.detail());
        }
        Optional<EngineProvider> best = Engines.providers().stream()
                .filter(p -> p.availability().available())
                .findFirst();
        if (best.isEmpty()) {
            line(out, "Speed", "no engine works here");
            return Failures.FAILED;
        }
        return measure(out, best.get());
    }

    private int measure(PrintWriter out, EngineProvider provider) {
        int cores = Runtime.getRuntime().availableProcessors();
        try (Engine engine = provider.open(EngineOptions.of(DType.F32, cores))) {
            double error = EngineSpeed.error(engine);
            boolean right = error <= MAX_ERROR;
            line(
                    out,
                    "Check",
                    "%s %s plain Java (largest error %.1e)"
                            .formatted(provider.name(), right ? "agrees with" : "DIFFERS from", error));
            if (seconds > 0) {
                speed(out, engine, seconds / PRECISIONS, cores);
            }
            if (!right) {
                return Failures.FAILED;
            }
        }
        if (seconds > 0) {
            try (Engine engine = provider.open(EngineOptions.of(DType.BF16, cores))) {
                if (engine.compute() == DType.BF16) {
                    speed(out, engine, seconds / PRECISIONS, cores);
                } else {
                    line(out, "Speed", engine.name() + " has no bf16 here; it computes in " + engine.compute());
                }
            }
        }
        return 0;
    }

    private static void speed(PrintWriter out, Engine engine, double seconds, int cores) {
        line(
                out,
                "Speed",
                String.format(
                        Locale.ROOT,
                        "%s %.3f TFLOP/s in %s on %d cores (a linear layer and a convolution of 640 channels, 32x32)",
                        engine.name(),
                        EngineSpeed.teraflops(engine, seconds),
                        engine.compute(),
                        cores));
    }

    private static void line(PrintWriter out, String label, String text) {
        out.printf("%-8s %s%n", label, text);
    }
}
