package org.loraspark.cli;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.KohyaFile;
import org.loraspark.io.KohyaMetadata;
import org.loraspark.io.LoraFile;
import org.loraspark.io.LoraFiles;
import org.loraspark.io.PeftFile;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.DType;

/** Adapter files as the commands on them read and write them. */
final class AdapterFiles {
    static final String ENDING = ".safetensors";

    private AdapterFiles() {}

    /** Refuses what is not finite, which no command can use. */
    static LoraFile read(String name) {
        LoraFile file = LoraFiles.read(path(name), new Configuration());
        LoraWeights weights = file.weights();
        for (int m = 0; m < weights.layout().modules().size(); m++) {
            for (int i = weights.layout().downOffset(m); i < weights.layout().end(m); i++) {
                if (!Float.isFinite(weights.values()[i])) {
                    throw new UserError(
                            "module " + weights.layout().modules().get(m).name() + " of " + name
                                    + " holds NaN or infinity; its training diverged, use an earlier checkpoint");
                }
            }
        }
        return file;
    }

    /** @param metadata of the source; what describes the old tensors is left out, KohyaFile writes it anew */
    static void write(
            String name, LoraFile.Dialect dialect, LoraWeights weights, DType dtype, Map<String, String> metadata) {
        Path target = target(name);
        if (dialect == LoraFile.Dialect.PEFT) {
            PeftFile.write(target, new Configuration(), weights, dtype);
            return;
        }
        KohyaMetadata kept = new KohyaMetadata();
        metadata.forEach((key, value) -> {
            if ((key.startsWith("ss_") || key.startsWith("modelspec."))
                    && !key.equals("ss_network_dim")
                    && !key.equals("ss_network_alpha")) {
                kept.entry(key, value);
            }
        });
        KohyaFile.write(target, new Configuration(), weights, dtype, kept);
    }

    /** Other tools find an adapter by its ending. */
    private static Path target(String name) {
        if (!name.endsWith(ENDING)) {
            throw new UserError("--output " + name + " must end in " + ENDING);
        }
        return path(name);
    }

    static Path path(String name) {
        try {
            return new Path(name);
        } catch (IllegalArgumentException e) {
            throw new UserError("\"" + name + "\" is no path: " + e.getMessage(), e);
        }
    }
}
