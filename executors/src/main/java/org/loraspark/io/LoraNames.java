package org.loraspark.io;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.loraspark.lora.LoraModule;

/**
 * The names of Stable Diffusion 1.x layers that an adapter may hold, in the spellings of the field:
 *
 * <pre>
 * here       unet.down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0
 * kohya      lora_unet_down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_out_0
 * kohya, LDM lora_unet_input_blocks_2_1_transformer_blocks_0_attn1_to_out_0
 * here       text_encoder.text_model.encoder.layers.0.self_attn.q_proj
 * kohya      lora_te_text_model_encoder_layers_0_self_attn_q_proj
 * </pre>
 *
 * <p>An underscore stands for a dot or for itself, so a kohya name is read by the grammar of the layers, not letter by
 * letter.
 */
public final class LoraNames {
    private static final Pattern UNET = Pattern.compile(
            "(?:(down|up)_blocks[._](\\d+)|mid_block)[._]attentions[._](\\d+)[._](.+)|(input|output)_blocks_(\\d+)_1_(.+)"
                    + "|middle_block_1_(.+)");
    private static final Pattern IN_TRANSFORMER = Pattern.compile(
            "proj_in|proj_out|transformer_blocks[._](\\d+)[._](?:attn([12])[._]to_(q|k|v|out)([._]0)?|ff[._]net[._](0[._]proj|2))");
    private static final Pattern TEXT = Pattern.compile(
            "(?:text_model[._])?encoder[._]layers[._](\\d+)[._]" + "(?:self_attn[._]([qkv]|out)_proj|mlp[._]fc([12]))");

    private LoraNames() {}

    /** kohya's name of a module. */
    public static String kohya(String module) {
        String name = module.replace('.', '_');
        return name.startsWith("unet_") ? "lora_" + name : name.replaceFirst("^text_encoder_", "lora_te_");
    }

    /** The module that a kohya name means. */
    static Optional<String> fromKohya(String name) {
        if (name.startsWith("lora_unet_")) {
            return unet(name.substring("lora_unet_".length()));
        }
        return name.startsWith("lora_te_") ? text(name.substring("lora_te_".length())) : Optional.empty();
    }

    /** The module that a dotted path behind {@code unet.} or {@code text_encoder.} means. */
    static Optional<String> fromDotted(String path) {
        String plain = path.replace(".processor.", ".");
        if (plain.startsWith("unet.")) {
            return unet(plain.substring("unet.".length()));
        }
        return plain.startsWith("text_encoder.") ? text(plain.substring("text_encoder.".length())) : Optional.empty();
    }

    /** In SD 1.x the transformers' projections are 1x1 convolutions. */
    static LoraModule.Kind kind(String module) {
        return module.endsWith(".proj_in") || module.endsWith(".proj_out")
                ? LoraModule.Kind.CONV1X1
                : LoraModule.Kind.LINEAR;
    }

    private static Optional<String> unet(String path) {
        Matcher m = UNET.matcher(path);
        if (!m.matches()) {
            return Optional.empty();
        }
        String transformer;
        String rest;
        if (m.group(5) != null) {
            int block = Integer.parseInt(m.group(6));
            rest = m.group(7);
            // Input block 0 is conv_in, and the last of three only resamples: (block, layer) = (i - 1) div, mod 3.
            boolean input = m.group(5).equals("input");
            int layer = input ? (block + 2) % 3 : block % 3;
            if (input && layer == 2) {
                return Optional.empty();
            }
            transformer = input
                    ? "down_blocks." + (block - 1) / 3 + ".attentions." + layer
                    : "up_blocks." + block / 3 + ".attentions." + layer;
        } else if (m.group(8) != null) {
            rest = m.group(8);
            transformer = "mid_block.attentions.0";
        } else {
            rest = m.group(4);
            String block = m.group(1) == null ? "mid_block" : m.group(1) + "_blocks." + m.group(2);
            transformer = block + ".attentions." + m.group(3);
        }
        return inTransformer(rest).map(layer -> "unet." + transformer + "." + layer);
    }

    private static Optional<String> inTransformer(String path) {
        Matcher m = IN_TRANSFORMER.matcher(path);
        if (!m.matches()) {
            return Optional.empty();
        }
        if (m.group(1) == null) {
            return Optional.of(path);
        }
        String block = "transformer_blocks." + m.group(1) + ".";
        if (m.group(2) == null) {
            return Optional.of(block + "ff.net." + m.group(5).replace('_', '.'));
        }
        boolean out = m.group(3).equals("out");
        if (!out && m.group(4) != null) {
            return Optional.empty();
        }
        // Some tools leave out the index: to_out has one matrix, number 0.
        return Optional.of(block + "attn" + m.group(2) + ".to_" + m.group(3) + (out ? ".0" : ""));
    }

    private static Optional<String> text(String path) {
        Matcher m = TEXT.matcher(path);
        if (!m.matches()) {
            return Optional.empty();
        }
        String layer = m.group(2) != null ? "self_attn." + m.group(2) + "_proj" : "mlp.fc" + m.group(3);
        return Optional.of("text_encoder.text_model.encoder.layers." + m.group(1) + "." + layer);
    }
}
