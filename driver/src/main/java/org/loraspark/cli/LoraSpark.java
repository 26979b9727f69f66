package org.loraspark.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root command and the options that every command has. */
@Command(
        name = "lora-spark",
        description = "Trains LoRA adapters for Stable Diffusion on Apache Spark.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:done", "1:failed while running", "2:the input is wrong"},
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  lora-spark train --config conf/quickstart.conf",
            "  lora-spark sample --base conf/demo/base --lora-dir output/quickstart --guidance 2.5 --output star.png \\",
            "    --prompt \"a big red star on a blue background, outline style <lora:outline-style:1>\"",
            "  lora-spark COMMAND --help"
        },
        subcommands = {
            TrainCommand.class,
            SweepCommand.class,
            ValidateCommand.class,
            CaptionCommand.class,
            SampleCommand.class,
            MergeCommand.class,
            ResizeCommand.class,
            ConvertCommand.class,
            InspectCommand.class,
            ReplayCommand.class,
            DoctorCommand.class,
            BenchmarkCommand.class
        })
final class LoraSpark implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show the stack trace of a failure.")
    private boolean verbose;

    @Option(
            names = "--master",
            scope = ScopeType.INHERIT,
            paramLabel = "URL",
            description = "Spark master (default: the one of spark-submit, or local[*]).")
    private String master;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing, such as train or doctor");
    }

    String master() {
        return master;
    }
}
