package org.loraspark.cli;

import java.util.concurrent.Callable;
import org.loraspark.config.TrainConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** What {@code train} checks, without the training. */
@Command(
        name = "validate",
        description = "Checks config, data and model, and tells steps, memory and time; starts nothing.",
        footer = {"  lora-spark validate --config conf/quickstart.conf"})
final class ValidateCommand implements Callable<Integer> {
    @ParentCommand
    private LoraSpark root;

    @Mixin
    private ConfigOptions options;

    @Override
    public Integer call() {
        TrainConfig config = options.load();
        throw new UnsupportedOperationException("validate " + config.output().name() + " on " + root.master());
    }
}
