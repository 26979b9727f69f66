package org.loraspark.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.loraspark.cluster.SparkSessions;
import org.loraspark.cluster.TrainJob;
import org.loraspark.cluster.TrainReport;
import org.loraspark.config.TrainConfig;
import org.loraspark.console.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The main job. */
@Command(
        name = "train",
        description = "Trains a LoRA on captioned pictures and writes it as a .safetensors file.",
        footer = {
            "  lora-spark train --config conf/quickstart.conf",
            "  lora-spark train --config conf/sd15-style.conf --set model.base=sd15.safetensors data.dir=pictures",
            "  lora-spark train --config my.conf --set train.resume-from=latest"
        })
final class TrainCommand implements Callable<Integer>, Resumable {
    @ParentCommand
    private LoraSpark root;

    @Mixin
    private ConfigOptions options;

    @Spec
    private CommandSpec spec;

    private TrainJob job;

    @Override
    public Integer call() throws IOException {
        TrainConfig config = options.load();
        PrintWriter out = spec.commandLine().getOut();
        try (SparkSession session =
                SparkSessions.open(root.master(), "train", config.cluster().workers())) {
            job = new TrainJob(config, session);
            out.println(job.plan());
            out.flush();
            out.println(summary(job.run()));
        }
        return 0;
    }

    @Override
    public String goesOn() {
        return job == null ? "" : job.goesOn();
    }

    private static String summary(TrainReport report) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "trained %d steps, %d pictures seen, in %s%n",
                report.state().step(),
                report.state().samples(),
                Durations.words(report.seconds())));
        report.adapters().forEach(path -> text.append("adapter  ").append(path).append(System.lineSeparator()));
        if (!report.preview().isEmpty()) {
            text.append("preview  ").append(report.preview()).append(System.lineSeparator());
        }
        text.append("report   ").append(report.report());
        return text.toString().stripTrailing();
    }
}
