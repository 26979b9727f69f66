package org.loraspark.infer;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a picture was made, in the form that AUTOMATIC1111 writes into its pictures and that galleries read: the prompt,
 * the negative prompt, and a line of {@code Key: value} pairs.
 *
 * @param prompt as it was typed, with the adapters' tags
 * @param request what was made of it
 * @param model the base model's name
 * @param clipSkip 1 is the standard and is not mentioned
 * @param adapterHashes of each adapter used, by its name in the prompt
 * @param version of the program
 */
public record InfoText(
        String prompt,
        ImageRequest request,
        String model,
        int clipSkip,
        Map<String, String> adapterHashes,
        String version) {
    /** Digits of an adapter's hash that are shown. */
    private static final int DIGITS = 12;

    public String text() {
        Map<String, String> pairs = new LinkedHashMap<>();
        pairs.put("Steps", String.valueOf(request.steps()));
        pairs.put("Sampler", request.sampler().title());
        pairs.put("CFG scale", String.valueOf(request.guidance()).replaceFirst("\\.0$", ""));
        pairs.put("Seed", String.valueOf(request.seed()));
        pairs.put("Size", request.width() + "x" + request.height());
        pairs.put("Model", model);
        if (clipSkip > 1) {
            pairs.put("Clip skip", String.valueOf(clipSkip));
        }
        if (!adapterHashes.isEmpty()) {
            pairs.put(
                    "Lora hashes",
                    adapterHashes.entrySet().stream()
                            .map(e -> e.getKey() + ": "
                                    + e.getValue()
                                            .substring(
                                                    0,
                                                    Math.min(
                                                            DIGITS, e.getValue().length())))
                            .collect(Collectors.joining(", ")));
        }
        pairs.put("Version", version);
        String settings = pairs.entrySet().stream()
                .map(e -> e.getKey() + ": " + quoted(e.getValue()))
                .collect(Collectors.joining(", "));
        String negative = request.negative().isEmpty() ? "" : "Negative prompt: " + request.negative() + "\n";
        return prompt.strip() + "\n" + negative + settings;
    }

    /** As JSON where the value holds what separates pairs. */
    private static String quoted(String value) {
        return value.matches("(?s).*[,:\n].*") ? TextNode.valueOf(value).toString() : value;
    }
}
