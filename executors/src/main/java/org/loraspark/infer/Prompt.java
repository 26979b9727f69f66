package org.loraspark.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.loraspark.UserError;

/**
 * A prompt in AUTOMATIC1111's syntax: {@code a castle at night <lora:ink:0.8> <lora:old_film:0.5:1>}. The tags are taken
 * out of the text; the first number is the strength on the text encoder, the second on the UNet (the first again when it
 * is missing), 1 when there is none. {@code te=} and {@code unet=} may be written out.
 *
 * @param text what the text encoder reads
 * @param loras adapters in the order of their tags
 */
public record Prompt(String text, List<LoraTag> loras) {
    /**
     * @param name of the file, without its extension
     * @param textEncoder strength on the text encoder's modules
     * @param unet strength on the UNet's
     */
    public record LoraTag(String name, double textEncoder, double unet) {}

    private static final Pattern TAG = Pattern.compile("<lora:([^:>]+)((?::[^:>]*)*)>");

    /** @throws UserError for a strength that is no number */
    public static Prompt parse(String prompt) {
        List<LoraTag> loras = new ArrayList<>();
        Matcher matcher = TAG.matcher(prompt);
        while (matcher.find()) {
            loras.add(tag(matcher.group(), matcher.group(1).strip(), matcher.group(2)));
        }
        String text = TAG.matcher(prompt).replaceAll("").strip().replaceAll(" {2,}", " ");
        return new Prompt(text, List.copyOf(loras));
    }

    private static LoraTag tag(String whole, String name, String arguments) {
        double textEncoder = Double.NaN;
        double unet = Double.NaN;
        int position = 0;
        for (String argument :
                arguments.isEmpty() ? new String[0] : arguments.substring(1).split(":")) {
            String key = argument.contains("=")
                    ? argument.substring(0, argument.indexOf('=')).strip()
                    : "";
            double value = number(whole, argument.substring(argument.indexOf('=') + 1));
            if (key.equals("te") || key.isEmpty() && position == 0) {
                textEncoder = value;
            } else if (key.equals("unet") || key.isEmpty() && position == 1) {
                unet = value;
            } else {
                throw new UserError(
                        "'" + argument + "' in " + whole + " is not understood; write <lora:NAME:STRENGTH>");
            }
            position++;
        }
        if (Double.isNaN(textEncoder)) {
            textEncoder = 1;
        }
        return new LoraTag(name, textEncoder, Double.isNaN(unet) ? textEncoder : unet);
    }

    private static double number(String whole, String text) {
        try {
            double value = Double.parseDouble(text.strip());
            if (Double.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new UserError("the strength '" + text + "' in " + whole + " is not a number", e);
        }
        throw new UserError("the strength '" + text + "' in " + whole + " is not a finite number");
    }
}
