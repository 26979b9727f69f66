package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.loraspark.UserError;
import org.loraspark.io.LoraFile;
import org.loraspark.lora.LoraWeights;
import org.loraspark.lora.Merging;
import org.loraspark.lora.RankRule;
import org.loraspark.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Several adapters as one. */
@Command(
        name = "merge",
        description = {
            "Merges adapters into one whose effect is the weighted sum of theirs.",
            "The ranks add up and the merge is exact; --rank reduces it by SVD."
        },
        footer = {
            "  lora-spark merge style.safetensors=0.8 character.safetensors=0.6 --output both.safetensors",
            "  lora-spark merge a.safetensors b.safetensors --rank 16 --output both.safetensors"
        })
final class MergeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE[=WEIGHT]",
            description = "Adapters with their weights (default weight: 1).")
    private List<String> inputs;

    @Option(names = "--rank", paramLabel = "N", description = "Reduce every module to at most this rank.")
    private Integer rank;

    @Mixin
    private AdapterOutput output;

    @Override
    public Integer call() {
        if (rank != null && rank < 1) {
            throw new UserError("--rank " + rank + " must be at least 1");
        }
        List<Merging.Part> parts = new ArrayList<>();
        DType first = null;
        for (String input : inputs) {
            WeightedName name = WeightedName.of(input);
            LoraFile file = AdapterFiles.read(name.file());
            parts.add(new Merging.Part(file.weights(), name.weight()));
            first = first == null ? file.dtype() : first;
        }
        LoraWeights merged = Merging.concatenate(parts);
        String kept = "exact";
        if (rank != null) {
            Merging.Reduced reduced = Merging.reduce(merged, RankRule.fixed(rank));
            merged = reduced.weights();
            kept = "%.2f %% of the update kept".formatted(100 * reduced.keptShare());
        }
        AdapterFiles.write(
                output.file,
                LoraFile.Dialect.KOHYA,
                merged,
                output.dtype(first),
                Map.of("modelspec.merged_from", String.join(", ", inputs)));
        PrintWriter out = spec.commandLine().getOut();
        out.println(output.file + ": " + parts.size() + " adapters, "
                + merged.layout().modules().size() + " modules, rank " + AdapterSummary.ranks(merged) + ", " + kept);
        return 0;
    }

    /** A file and its weight; a name that itself has an equals sign keeps it when no number follows. */
    private record WeightedName(String file, double weight) {
        static WeightedName of(String text) {
            int equals = text.lastIndexOf('=');
            if (equals < 0) {
                return new WeightedName(text, 1);
            }
            try {
                double weight = Double.parseDouble(text.substring(equals + 1));
                if (Double.isFinite(weight)) {
                    return new WeightedName(text.substring(0, equals), weight);
                }
            } catch (NumberFormatException e) {
                if (text.endsWith(AdapterFiles.ENDING)) {
                    return new WeightedName(text, 1);
                }
            }
            throw new UserError(
                    "\"" + text + "\" must be FILE or FILE=WEIGHT with a number, such as style.safetensors=0.8");
        }
    }
}
