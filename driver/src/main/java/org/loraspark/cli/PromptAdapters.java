package org.loraspark.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.UserError;
import org.loraspark.infer.Prompt;
import org.loraspark.io.AdapterHash;
import org.loraspark.io.LoraFile;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.models.sd.AdapterFit;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.Engine;

/** The adapters that a prompt names, read once each and held against the base model. */
final class PromptAdapters {
    private final List<Prompt.LoraTag> tags;
    private final Map<String, LoraFile> files = new LinkedHashMap<>();
    private final Map<String, String> hashes = new LinkedHashMap<>();

    /** @param folder where they are; null when the command was given none */
    PromptAdapters(Prompt prompt, String folder, BaseModel base, Configuration conf) {
        this.tags = prompt.loras();
        if (tags.isEmpty()) {
            return;
        }
        if (folder == null) {
            throw new UserError("the prompt names the adapter " + tags.get(0).name()
                    + "; --lora-dir must name the folder that holds it");
        }
        AdapterFolder adapters = AdapterFolder.open(AdapterFiles.path(folder), conf);
        for (Prompt.LoraTag tag : tags) {
            if (!files.containsKey(tag.name())) {
                LoraFile file = AdapterFiles.read(adapters.find(tag.name()).toString());
                AdapterFit.require(base, file.path(), file.weights().layout());
                files.put(tag.name(), file);
                hashes.put(tag.name(), AdapterHash.of(file, conf));
            }
        }
    }

    /** SHA-256 of each adapter by its name in the prompt. */
    Map<String, String> hashes() {
        return hashes;
    }

    /** In the engine's open scope, one for each tag that has a strength. */
    List<LoraAdapters> upload(Engine engine) {
        List<LoraAdapters> uploaded = new ArrayList<>();
        for (Prompt.LoraTag tag : tags) {
            if (tag.unet() != 0 || tag.textEncoder() != 0) {
                uploaded.add(new LoraAdapters(engine, files.get(tag.name()).weights(), tag.unet(), tag.textEncoder()));
            }
        }
        return uploaded;
    }
}
