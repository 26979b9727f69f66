package org.loraspark.models.sd;

import java.util.List;
import java.util.regex.Pattern;
import org.loraspark.io.SafetensorsFile;

/** Recognises by names and shapes what people give in place of a Stable Diffusion 1.x model. */
public final class ModelKind {
    private static final Pattern VAE_ALONE =
            Pattern.compile("^(first_stage_model\\.)?(encoder|decoder|quant_conv|post_quant_conv|loss)\\.");

    private ModelKind() {}

    /** A few words for an error message: {@code "it looks like SDXL"}. */
    static String guess(ModelFiles files) {
        boolean single = files.files().size() == 1;
        for (SafetensorsFile file : files.files()) {
            String kind = single ? guess(file) : relative(file);
            if (!kind.isEmpty()) {
                return kind;
            }
        }
        return "its kind is not recognised";
    }

    /** The same for one file, empty when it is not recognised or may be part of a Stable Diffusion 1.x model. */
    public static String guess(SafetensorsFile file) {
        String relative = relative(file);
        return relative.isEmpty() && !file.names().isEmpty() ? part(file.names()) : relative;
    }

    private static String relative(SafetensorsFile file) {
        List<String> names = file.names();
        if (has(names, "lora_down") || has(names, "lora_up") || has(names, ".lora_A.") || has(names, ".lora_B.")) {
            return "it looks like a LoRA adapter, not a base model";
        }
        if (has(names, "conditioner.embedders.") || has(names, "label_emb.") || has(names, "add_embedding.")) {
            return "it looks like SDXL";
        }
        if (has(names, "double_blocks.") || has(names, "single_transformer_blocks.")) {
            return "it looks like Flux";
        }
        if (has(names, "joint_blocks.")) {
            return "it looks like Stable Diffusion 3";
        }
        if (has(names, "model.layers.") || has(names, "self_attn.k_proj") && has(names, "gate_proj")) {
            return "it looks like a language model such as LLaMA or Mistral";
        }
        if (has(names, "vision_model.") && has(names, "text_decoder.")) {
            return "it looks like a BLIP captioner";
        }
        if (has(names, "cond_stage_model.model.") || contextWidth(file) == 1024) {
            return "it looks like Stable Diffusion 2.x";
        }
        if (contextWidth(file) == 2048) {
            return "it looks like SDXL";
        }
        if (inputChannels(file) == 9) {
            return "it looks like an inpainting model";
        }
        return "";
    }

    /** What a file is that holds one component and nothing else. */
    private static String part(List<String> names) {
        if (names.stream().allMatch(n -> VAE_ALONE.matcher(n).find())) {
            return "it looks like a VAE alone";
        }
        if (names.stream().allMatch(n -> n.startsWith("model.diffusion_model."))) {
            return "it looks like a UNet alone";
        }
        if (has(names, "down_blocks.") && has(names, "time_embedding.")) {
            return "it looks like the UNet of a diffusers folder; give the folder";
        }
        if (names.stream().allMatch(n -> n.startsWith("text_model."))) {
            return "it looks like a text encoder alone";
        }
        return "";
    }

    private static boolean has(List<String> names, String part) {
        return names.stream().anyMatch(name -> name.contains(part));
    }

    private static long contextWidth(SafetensorsFile file) {
        return file.names().stream()
                .filter(name -> name.endsWith("attn2.to_k.weight"))
                .mapToLong(name -> file.info(name).shape()[1])
                .findFirst()
                .orElse(0);
    }

    private static long inputChannels(SafetensorsFile file) {
        return file.names().stream()
                .filter(name -> name.endsWith("conv_in.weight") || name.endsWith("input_blocks.0.0.weight"))
                .filter(name -> !name.contains("coder."))
                .mapToLong(name -> file.info(name).shape()[1])
                .findFirst()
                .orElse(0);
    }
}
