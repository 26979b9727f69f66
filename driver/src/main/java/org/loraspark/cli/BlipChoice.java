package org.loraspark.cli;

import org.loraspark.infer.BlipOptions;
import picocli.CommandLine.Option;

/** The options of a BLIP captioner. */
final class BlipChoice {
    private static final int BEAMS = 3;

    @Option(
            names = "--beams",
            paramLabel = "N",
            description = "BLIP: hypotheses kept at each word; 1 is greedy (default: " + BEAMS + ").")
    private Integer beams;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "BLIP: draw each word from the likeliest ones with this probability together; 0 is off"
                    + " (default: ${DEFAULT-VALUE}).")
    private double topP;

    @Option(names = "--seed", paramLabel = "N", description = "BLIP: seed of --top-p (default: ${DEFAULT-VALUE}).")
    private long seed = 42;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "BLIP: how the sentence begins, such as \"a picture of\"; cut off the result.")
    private String prompt = "";

    @Option(
            names = "--min-length",
            paramLabel = "N",
            description = "BLIP: tokens of a caption at least (default: ${DEFAULT-VALUE}).")
    private int minLength = 5;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "BLIP: tokens of a caption at most (default: ${DEFAULT-VALUE}).")
    private int maxLength = 20;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "X",
            description = "BLIP: divides the score of words that were said before; 1 is off (default:"
                    + " ${DEFAULT-VALUE}).")
    private double repetitionPenalty = 1;

    BlipOptions options() {
        int kept = beams != null ? beams : topP > 0 ? 1 : BEAMS;
        return new BlipOptions(kept, topP, seed, prompt, minLength, maxLength, repetitionPenalty);
    }
}
