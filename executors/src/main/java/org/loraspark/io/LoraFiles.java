package org.loraspark.io;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.lora.LoraWeights;

/** Reads an adapter in any of the dialects, and says what kind of file it is when it is none for SD 1.x. */
public final class LoraFiles {
    private LoraFiles() {}

    /** @param path a file, or a folder as diffusers writes it */
    public static LoraFile read(Path path, Configuration conf) {
        try (SafetensorsFile file = SafetensorsFile.open(fileAt(path, conf), conf)) {
            return read(file);
        }
    }

    public static LoraFile read(SafetensorsFile file) {
        refuseOtherModels(file);
        List<String> unknown = new ArrayList<>();
        LoraParts parts = new LoraParts(file.path());
        boolean kohya =
                file.names().stream().anyMatch(key -> KohyaFile.slot(key).isPresent());
        for (String key : file.names()) {
            Optional<LoraParts.Slot> slot = kohya ? KohyaFile.slot(key) : PeftFile.slot(key);
            slot.ifPresentOrElse(s -> parts.put(s, file.tensor(key)), () -> unknown.add(key));
        }
        if (!unknown.isEmpty()) {
            throw new UserError(file.path() + " is no plain LoRA of Stable Diffusion 1.x" + guess(unknown) + ": "
                    + unknown.size() + " of its " + file.names().size() + " keys are unknown, "
                    + String.join(", ", unknown.subList(0, Math.min(10, unknown.size()))));
        }
        if (file.names().isEmpty()) {
            throw new CorruptFileException(file.path(), "it holds no tensors");
        }
        LoraWeights weights = parts.weights(
                (module, rank) -> kohya ? rank : PeftFile.alpha(file.metadata(), file.path(), module, rank));
        refuseOtherWidths(file, weights);
        LoraFile.Dialect dialect = kohya ? LoraFile.Dialect.KOHYA : LoraFile.Dialect.PEFT;
        return new LoraFile(file.path(), dialect, parts.dtype(), weights, file.metadata());
    }

    private static Path fileAt(Path path, Configuration conf) {
        FileSystem fileSystem = Storage.fileSystem(path, conf);
        try {
            return fileSystem.exists(path) && fileSystem.getFileStatus(path).isDirectory()
                    ? new Path(path, PeftFile.FILE_NAME)
                    : path;
        } catch (IOException e) {
            throw Storage.failure("read", path.toString(), e);
        }
    }

    private static void refuseOtherModels(SafetensorsFile file) {
        String version = file.metadata().getOrDefault("ss_base_model_version", "");
        if (version.startsWith("sdxl")) {
            throw otherModel(file, "SDXL");
        }
        if (version.startsWith("sd_v2") || "True".equals(file.metadata().get("ss_v2"))) {
            throw otherModel(file, "Stable Diffusion 2");
        }
        for (String key : file.names()) {
            if (key.startsWith("lora_te1_") || key.startsWith("lora_te2_") || key.startsWith("text_encoder_2.")) {
                throw otherModel(file, "SDXL");
            }
            if (key.startsWith("transformer.")
                    || key.contains("double_blocks")
                    || key.startsWith("lora_transformer_")) {
                throw otherModel(file, "FLUX or SD3");
            }
            if (key.startsWith("base_model.model.")) {
                throw otherModel(file, "a language model or another PEFT model");
            }
            if (key.startsWith("model.diffusion_model.") || key.startsWith("first_stage_model.")) {
                throw new UserError(file.path() + " is a whole base model, not a LoRA");
            }
        }
    }

    /** Text states of SD 2 have 1024 channels and those of SDXL 2048, where SD 1.x has 768. */
    private static void refuseOtherWidths(SafetensorsFile file, LoraWeights weights) {
        weights.layout().modules().stream()
                .filter(m -> m.name().endsWith(".attn2.to_k"))
                .findFirst()
                .ifPresent(m -> {
                    if (m.in() == 1024) {
                        throw otherModel(file, "Stable Diffusion 2");
                    }
                    if (m.in() == 2048) {
                        throw otherModel(file, "SDXL");
                    }
                });
    }

    private static UserError otherModel(SafetensorsFile file, String model) {
        return new UserError(file.path() + " is a LoRA for " + model + "; one for Stable Diffusion 1.x is needed");
    }

    private static String guess(List<String> unknown) {
        String all = String.join(" ", unknown);
        if (all.contains("hada_w")) {
            return " (it looks like a LoHa)";
        }
        if (all.contains("lokr_w")) {
            return " (it looks like a LoKr)";
        }
        if (all.contains("dora_scale") || all.contains("lora_magnitude_vector")) {
            return " (it looks like a DoRA)";
        }
        if (all.contains("resnets") || all.contains("lora_mid") || all.contains("_in_layers_")) {
            return " (it looks like a LoCon, which adapts 3x3 convolutions too)";
        }
        return "";
    }
}
