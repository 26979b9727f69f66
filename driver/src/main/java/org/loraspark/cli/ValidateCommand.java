package org.loraspark.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.loraspark.cluster.SparkSessions;
import org.loraspark.cluster.TrainJob;
import org.loraspark.config.TrainConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

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

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        TrainConfig config = options.load();
        try (SparkSession session =
                SparkSessions.open(root.master(), "validate", config.cluster().workers())) {
            TrainJob job = new TrainJob(config, session);
            int fresh = job.checkPictures();
            PrintWriter out = spec.commandLine().getOut();
            out.print(job.plan());
            out.println(fresh + " pictures are not encoded yet; nothing was started");
        }
        return 0;
    }
}
