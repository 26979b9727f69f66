package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.loraspark.UserError;
import org.loraspark.io.LoraFile;
import org.loraspark.lora.Merging;
import org.loraspark.lora.RankRule;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** An adapter at a lower rank. */
@Command(
        name = "resize",
        description = "Reduces an adapter's rank by SVD: one rank for all modules, or each module its own.",
        footer = {
            "  lora-spark resize big.safetensors --rank 8 --output small.safetensors",
            "  lora-spark resize big.safetensors --sv-fro 0.95 --max-rank 32 --output small.safetensors"
        })
final class ResizeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The adapter.")
    private String input;

    @ArgGroup(multiplicity = "1")
    private Rule rule;

    @Option(names = "--max-rank", paramLabel = "N", description = "No module above this rank.")
    private int maxRank = Integer.MAX_VALUE;

    @Mixin
    private AdapterOutput output;

    /** How the new rank is found; one of them. */
    private static final class Rule {
        @Option(names = "--rank", required = true, paramLabel = "N", description = "The same rank everywhere.")
        private Integer rank;

        @Option(
                names = "--sv-ratio",
                required = true,
                paramLabel = "R",
                description = "Keep singular values above the largest / R.")
        private Double ratio;

        @Option(
                names = "--sv-fro",
                required = true,
                paramLabel = "SHARE",
                description = "Keep this share, 0 to 1, of each update's Frobenius norm.")
        private Double share;

        RankRule toRankRule() {
            if (rank != null) {
                return RankRule.fixed(
                        check("--rank", rank, rank >= 1, "at least 1").intValue());
            }
            if (ratio != null) {
                return RankRule.ratio(check("--sv-ratio", ratio, ratio > 1, "above 1"));
            }
            return RankRule.frobenius(check("--sv-fro", share, share > 0 && share <= 1, "above 0 and at most 1"));
        }

        private static <T> T check(String option, T value, boolean right, String allowed) {
            if (!right) {
                throw new UserError(option + " " + value + " must be " + allowed);
            }
            return value;
        }
    }

    @Override
    public Integer call() {
        RankRule ranks = rule.toRankRule();
        if (maxRank < 1) {
            throw new UserError("--max-rank " + maxRank + " must be at least 1");
        }
        LoraFile file = AdapterFiles.read(input);
        Merging.Reduced reduced = Merging.reduce(file.weights(), ranks.atMost(maxRank));
        AdapterFiles.write(output.file, file.dialect(), reduced.weights(), output.dtype(file.dtype()), file.metadata());
        PrintWriter out = spec.commandLine().getOut();
        out.println(output.file + ": rank " + AdapterSummary.ranks(file.weights()) + " to "
                + AdapterSummary.ranks(reduced.weights())
                + ", %.2f %% of the update kept".formatted(100 * reduced.keptShare()));
        return 0;
    }
}
