package org.loraspark.models.blip;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.SafetensorsShards;
import org.loraspark.models.ConfigJson;

/** Recognises what people give in place of a BLIP captioner's folder. */
final class FolderKind {
    static final String WEIGHTS = "model.safetensors";

    private static final String CAPTIONER = "BlipForConditionalGeneration";

    private FolderKind() {}

    static void requireBlip(Path folder, FileSystem fileSystem, Configuration conf) throws IOException {
        if (!fileSystem.exists(folder)) {
            throw new UserError("the model folder " + folder + " does not exist");
        }
        if (!fileSystem.getFileStatus(folder).isDirectory()) {
            throw new UserError("the model " + folder + " is a file; a captioner is a folder with config.json, "
                    + WEIGHTS + " and tokenizer files");
        }
        if (!has(fileSystem, folder, "config.json")) {
            throw notBlip(folder, withoutConfig(folder, fileSystem));
        }
        ConfigJson json = ConfigJson.read(new Path(folder, "config.json"), conf);
        String type = json.text("model_type", "");
        if (!type.equals("blip")) {
            throw notBlip(
                    folder,
                    type.isEmpty()
                            ? "its config.json names no model_type"
                            : "its config.json says model_type = " + type);
        }
        String architecture = json.firstText("architectures", CAPTIONER);
        if (!architecture.equals(CAPTIONER)) {
            throw notBlip(folder, "it is a BLIP of the kind " + architecture + ", a " + CAPTIONER + " is needed");
        }
        if (!SafetensorsShards.exist(folder, WEIGHTS, conf)) {
            String hint = has(fileSystem, folder, "pytorch_model.bin")
                    ? "pytorch_model.bin is a pickle file, which can run code when it is read; convert it to safetensors"
                    : "copy it from the original model";
            throw new UserError("the model folder " + folder + " has no " + WEIGHTS + "; " + hint);
        }
    }

    private static String withoutConfig(Path folder, FileSystem fileSystem) throws IOException {
        if (has(fileSystem, folder, "selected_tags.csv")) {
            return "it looks like a WD14 tagger";
        }
        if (has(fileSystem, folder, "model_index.json")) {
            return "it looks like a diffusers folder, which makes pictures";
        }
        if (has(fileSystem, folder, "adapter_config.json")) {
            return "it looks like a LoRA adapter";
        }
        return "it has no config.json";
    }

    private static boolean has(FileSystem fileSystem, Path folder, String name) throws IOException {
        return fileSystem.exists(new Path(folder, name));
    }

    private static UserError notBlip(Path folder, String reason) {
        return new UserError("the model folder " + folder + " is no BLIP captioner: " + reason);
    }
}
