package org.loraspark.cli;

import java.io.PrintWriter;
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

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Time for the speed figure (default: ${DEFAULT-VALUE}).")
    private double seconds = 10;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        line(out, "Java", Machine.java());
        line(out, "Spark", package$.MODULE$.SPARK_VERSION());
        line(out, "CPU", Machine.processor());
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
                line(
                        out,
                        "Speed",
                        "%s %.1f GFLOP/s in float32 on %d cores (1024x1280 times 1280x1280)"
                                .formatted(provider.name(), EngineSpeed.gigaflops(engine, seconds), cores));
            }
            return right ? 0 : Failures.FAILED;
        }
    }

    private static void line(PrintWriter out, String label, String text) {
        out.printf("%-8s %s%n", label, text);
    }
}
