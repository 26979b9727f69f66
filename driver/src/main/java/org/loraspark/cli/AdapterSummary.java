package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.loraspark.io.LoraFile;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.lora.UpdateNorms;

/** What {@code inspect} tells of an adapter. */
final class AdapterSummary {
    private static final int LARGEST = 5;
    private static final int METADATA_WIDTH = 100;

    private AdapterSummary() {}

    static void print(LoraFile file, PrintWriter out) {
        LoraWeights weights = file.weights();
        List<LoraModule> modules = weights.layout().modules();
        long unet = modules.stream().filter(LoraModule::isUnet).count();
        line(out, "File", file.path());
        line(out, "Kind", "LoRA for Stable Diffusion 1.x, " + dialect(file.dialect()) + " keys");
        line(out, "Modules", unet + " of the UNet, " + (modules.size() - unet) + " of the text encoder");
        line(out, "Rank", ranks(weights));
        line(out, "Alpha", range(modules, LoraModule::alpha) + ", scale " + range(modules, LoraModule::scale));
        line(
                out,
                "Values",
                "%,d in %s, %.1f MB"
                        .formatted(
                                weights.layout().size(),
                                file.dtype(),
                                (double) weights.layout().size() * file.dtype().bytes() / 1e6));
        double[] norms = UpdateNorms.of(weights);
        double total = Math.sqrt(IntStream.range(0, norms.length)
                .mapToDouble(m -> norms[m] * norms[m])
                .sum());
        line(out, "Update", "norm %.4g; largest:".formatted(total));
        IntStream.range(0, norms.length)
                .boxed()
                .sorted(Comparator.comparingDouble(m -> -norms[m]))
                .limit(LARGEST)
                .forEach(m -> line(
                        out, "", "%.4g  %s".formatted(norms[m], modules.get(m).name())));
        new TreeMap<>(file.metadata()).forEach((key, value) -> line(out, "", key + " = " + shortened(value)));
    }

    static String dialect(LoraFile.Dialect dialect) {
        return dialect == LoraFile.Dialect.KOHYA ? "kohya" : "PEFT";
    }

    static String ranks(LoraWeights weights) {
        return range(weights.layout().modules(), LoraModule::rank);
    }

    static void line(PrintWriter out, String label, String text) {
        out.printf(Locale.ROOT, "%-9s%s%n", label, text);
    }

    private static String range(List<LoraModule> modules, ToDoubleFunction<LoraModule> of) {
        double least = modules.stream().mapToDouble(of).min().orElse(0);
        double most = modules.stream().mapToDouble(of).max().orElse(0);
        return least == most ? number(least) : number(least) + " to " + number(most);
    }

    private static String number(double x) {
        return x == Math.rint(x) ? "%.0f".formatted(x) : "%.4g".formatted(x);
    }

    private static String shortened(String value) {
        return value.length() <= METADATA_WIDTH ? value : value.substring(0, METADATA_WIDTH) + "...";
    }
}
