package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.TensorInfo;

/** What {@code inspect} tells of a file that is no adapter: the family that its keys speak of, and its size. */
final class BaseModelSummary {
    private static final String CROSS_ATTENTION = "transformer_blocks.0.attn2.to_k.weight";

    private BaseModelSummary() {}

    static void print(SafetensorsFile file, PrintWriter out) {
        AdapterSummary.line(out, "File", file.path());
        AdapterSummary.line(out, "Kind", kind(file));
        long bytes = 0;
        Map<String, Integer> types = new TreeMap<>();
        for (String name : file.names()) {
            TensorInfo info = file.info(name);
            bytes += info.bytes();
            types.merge(info.dtype(), 1, Integer::sum);
        }
        AdapterSummary.line(
                out, "Tensors", "%,d (%s), %.1f MB".formatted(file.names().size(), types, bytes / 1e6));
    }

    static String kind(SafetensorsFile file) {
        List<String> names = file.names();
        if (any(names, "double_blocks.")) {
            return "FLUX, not usable as a base here";
        }
        if (any(names, "joint_blocks.")) {
            return "Stable Diffusion 3, not usable as a base here";
        }
        if (any(names, "conditioner.embedders.") || any(names, "add_embedding.")) {
            return "SDXL, not usable as a base here";
        }
        if (any(names, "model.layers.0.self_attn") || any(names, "transformer.h.0.")) {
            return "a language model, not usable as a base here";
        }
        if (any(names, CROSS_ATTENTION)) {
            long width = names.stream()
                    .filter(name -> name.endsWith(CROSS_ATTENTION))
                    .findFirst()
                    .map(name -> file.info(name).shape()[1])
                    .orElseThrow();
            if (width == 1024) {
                return "Stable Diffusion 2, not usable as a base here";
            }
            return any(names, "model.diffusion_model.")
                    ? "Stable Diffusion 1.x in one file, usable as a base"
                    : "the UNet of a diffusers folder; the folder above is usable as a base";
        }
        if (any(names, "text_model.encoder.layers.")) {
            return "a CLIP text encoder, part of a diffusers folder";
        }
        if (any(names, "decoder.up_blocks.") || any(names, "decoder.up.")) {
            return "a VAE, part of a model";
        }
        return "unknown; its first key is " + (names.isEmpty() ? "missing" : names.get(0));
    }

    private static boolean any(List<String> names, String part) {
        return names.stream().anyMatch(name -> name.contains(part));
    }
}
