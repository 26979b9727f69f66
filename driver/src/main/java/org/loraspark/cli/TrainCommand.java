package org.loraspark.cli;

import java.util.concurrent.Callable;
import org.loraspark.config.TrainConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** The main job. */
@Command(
        name = "train",
        description = "Trains a LoRA on captioned pictures and writes it as a .safetensors file.",
        footer = {
            "  lora-spark train --config conf/quickstart.conf",
            "  lora-spark train --config conf/sd15-style.conf --set model.base=sd15.safetensors data.dir=pictures",
            "  lora-spark train --config my.conf --set train.resume-from=output/checkpoints/latest"
        })
final class TrainCommand implements Callable<Integer> {
    @ParentCommand
    private LoraSpark root;

    @Mixin
    private ConfigOptions options;

    @Override
    public Integer call() {
        TrainConfig config = options.load();
        throw new UnsupportedOperationException("train " + config.output().name() + " on " + root.master());
    }
}
