package org.loraspark.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.loraspark.config.ConfigLoader;
import org.loraspark.config.TrainConfig;
import picocli.CommandLine.Option;

/** The options of commands that read a run's config. */
final class ConfigOptions {
    @Option(
            names = "--config",
            required = true,
            paramLabel = "FILE",
            description = "Config: HOCON (.conf), or the YAML of lora-scripts (.yaml). conf/ has examples.")
    private String file;

    @Option(
            names = "--set",
            arity = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides keys of the config, such as --set lora.rank=8 train.epochs=5.")
    private List<String> overrides = new ArrayList<>();

    TrainConfig load() {
        return ConfigLoader.load(file, overrides);
    }

    /** @param over values that win over the config's, by key */
    TrainConfig load(Map<String, String> over) {
        return ConfigLoader.load(file, overrides, over);
    }
}
