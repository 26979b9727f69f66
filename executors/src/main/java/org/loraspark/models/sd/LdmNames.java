package org.loraspark.models.sd;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Translates the names of a single-file checkpoint (the original latent-diffusion code's) to diffusers'. With two layers a
 * block, input block i ≥ 1 is down block (i-1)/3, layer (i-1)%3, where layer 2 is the downsampler; output block i is up
 * block i/3, layer i%3.
 */
final class LdmNames {
    private static final String UNET = "model.diffusion_model.";
    private static final String VAE = "first_stage_model.";
    private static final String TEXT = "cond_stage_model.transformer.";

    private static final Pattern INPUT = Pattern.compile("input_blocks\\.(\\d+)\\.(\\d)\\.(.+)");
    private static final Pattern MIDDLE = Pattern.compile("middle_block\\.(\\d)\\.(.+)");
    private static final Pattern OUTPUT = Pattern.compile("output_blocks\\.(\\d+)\\.(\\d)\\.(.+)");
    private static final Pattern VAE_BLOCK =
            Pattern.compile("(encoder|decoder)\\.(down|up)\\.(\\d)\\.block\\.(\\d)\\.(.+)");
    private static final Pattern VAE_RESAMPLE =
            Pattern.compile("(encoder|decoder)\\.(down|up)\\.(\\d)\\.(down|up)sample\\.conv\\.(.+)");
    private static final Pattern VAE_MID = Pattern.compile("(encoder|decoder)\\.mid\\.(block_1|block_2|attn_1)\\.(.+)");

    /** The other half of CLIP, and a buffer that some merges hold in damaged form. */
    private static final Pattern EXTRA_TEXT =
            Pattern.compile("\\.(logit_scale|text_projection(\\.weight)?|embeddings\\.position_ids)$");

    private static final int VAE_TOP_LEVEL = 3;

    private static final Map<String, String> RESNET = Map.of(
            "in_layers.0", "norm1",
            "in_layers.2", "conv1",
            "emb_layers.1", "time_emb_proj",
            "out_layers.0", "norm2",
            "out_layers.3", "conv2",
            "skip_connection", "conv_shortcut");

    private static final Map<String, String> ATTENTION = Map.of(
            "norm", "group_norm",
            "q", "to_q",
            "k", "to_k",
            "v", "to_v",
            "proj_out", "to_out.0");

    /** A tensor's place in diffusers' naming. */
    record Place(Component component, String name) {}

    private LdmNames() {}

    /** Nothing for a tensor of no component: schedule buffers, averaged copies. */
    static Optional<Place> translate(String key) {
        if (key.startsWith(UNET)) {
            return unet(key.substring(UNET.length())).map(name -> new Place(Component.UNET, name));
        }
        if (key.startsWith(VAE)) {
            return vae(key.substring(VAE.length())).map(name -> new Place(Component.VAE, name));
        }
        if (key.startsWith(TEXT)) {
            return Optional.of(new Place(Component.TEXT_ENCODER, key.substring(TEXT.length())));
        }
        return Optional.empty();
    }

    /** Whether a key is one that such files are known to carry along and no component needs. */
    static boolean isKnownExtra(String key) {
        return key.startsWith("model_ema.")
                || key.startsWith("first_stage_model.model_ema.")
                || key.startsWith("first_stage_model.loss.")
                || key.startsWith("cond_stage_model.")
                        && EXTRA_TEXT.matcher(key).find()
                || !key.contains(".");
    }

    private static Optional<String> unet(String key) {
        String leaf = key.substring(key.lastIndexOf('.') + 1);
        String layer = key.substring(0, Math.max(0, key.lastIndexOf('.')));
        switch (layer) {
            case "time_embed.0":
                return Optional.of("time_embedding.linear_1." + leaf);
            case "time_embed.2":
                return Optional.of("time_embedding.linear_2." + leaf);
            case "input_blocks.0.0":
                return Optional.of("conv_in." + leaf);
            case "out.0":
                return Optional.of("conv_norm_out." + leaf);
            case "out.2":
                return Optional.of("conv_out." + leaf);
            default:
                break;
        }
        Matcher input = INPUT.matcher(key);
        if (input.matches()) {
            int i = Integer.parseInt(input.group(1)) - 1;
            String block = "down_blocks." + i / 3 + ".";
            if (i % 3 == 2) {
                return input.group(3).startsWith("op.")
                        ? Optional.of(block + "downsamplers.0.conv." + leaf)
                        : Optional.empty();
            }
            return stage(block, i % 3, input.group(2).equals("0"), input.group(3));
        }
        Matcher middle = MIDDLE.matcher(key);
        if (middle.matches()) {
            int i = Integer.parseInt(middle.group(1));
            return stage("mid_block.", i / 2, i != 1, middle.group(2));
        }
        Matcher output = OUTPUT.matcher(key);
        if (output.matches()) {
            int i = Integer.parseInt(output.group(1));
            String block = "up_blocks." + i / 3 + ".";
            if (output.group(3).startsWith("conv.")) {
                return Optional.of(block + "upsamplers.0.conv." + leaf);
            }
            return stage(block, i % 3, output.group(2).equals("0"), output.group(3));
        }
        return Optional.empty();
    }

    private static Optional<String> stage(String block, int index, boolean resnet, String rest) {
        if (!resnet) {
            return Optional.of(block + "attentions." + index + "." + rest);
        }
        return renamed(RESNET, rest).map(name -> block + "resnets." + index + "." + name);
    }

    private static Optional<String> vae(String key) {
        Matcher block = VAE_BLOCK.matcher(key);
        if (block.matches()) {
            return Optional.of(level(block.group(1), block.group(2), block.group(3)) + "resnets." + block.group(4) + "."
                    + block.group(5).replace("nin_shortcut", "conv_shortcut"));
        }
        Matcher resample = VAE_RESAMPLE.matcher(key);
        if (resample.matches()) {
            return Optional.of(level(resample.group(1), resample.group(2), resample.group(3)) + resample.group(4)
                    + "samplers.0.conv." + resample.group(5));
        }
        Matcher mid = VAE_MID.matcher(key);
        if (mid.matches()) {
            String prefix = mid.group(1) + ".mid_block.";
            return switch (mid.group(2)) {
                case "block_1" -> Optional.of(prefix + "resnets.0." + mid.group(3));
                case "block_2" -> Optional.of(prefix + "resnets.1." + mid.group(3));
                default -> renamed(ATTENTION, mid.group(3)).map(name -> prefix + "attentions.0." + name);
            };
        }
        return Optional.of(key.replace(".norm_out.", ".conv_norm_out."));
    }

    private static String level(String half, String direction, String level) {
        int i = Integer.parseInt(level);
        return half + "." + direction + "_blocks." + (direction.equals("up") ? VAE_TOP_LEVEL - i : i) + ".";
    }

    /** {@code layer.leaf} with its layer translated. */
    private static Optional<String> renamed(Map<String, String> names, String key) {
        int dot = key.lastIndexOf('.');
        return Optional.ofNullable(names.get(key.substring(0, Math.max(0, dot))))
                .map(name -> name + key.substring(dot));
    }
}
