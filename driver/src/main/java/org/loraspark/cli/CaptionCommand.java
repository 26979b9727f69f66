package org.loraspark.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.loraspark.UserError;
import org.loraspark.cluster.SparkSessions;
import org.loraspark.cluster.caption.CaptionJob;
import org.loraspark.cluster.caption.CaptionOrder;
import org.loraspark.cluster.caption.CaptionReport;
import org.loraspark.cluster.caption.ExistingCaptions;
import org.loraspark.console.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Captions for a folder of pictures. */
@Command(
        name = "caption",
        description = {
            "Captions all pictures below a folder, on the cluster, with BLIP (a sentence) or a WD14 tagger (tags).",
            "A job that was stopped goes on where it was when it is started again. A broken picture goes to rejected.csv"
                    + " beside the output, with the reason."
        },
        exitCodeList = {"0:done", "1:failed while running, or a picture was rejected", "2:the input is wrong"},
        footer = {
            "  lora-spark caption --input pictures --output pictures/metadata.csv --model conf/demo/captioner \\",
            "    --suffix \", outline style\"",
            "  lora-spark caption --input hdfs:///pictures --output hdfs:///pictures/metadata.jsonl \\",
            "    --model hdfs:///models/blip --model hdfs:///models/wd-vit-tagger-v3 --report captions.html",
            "  lora-spark caption --input pictures --output pictures/metadata.csv --model blip --existing keep"
        })
final class CaptionCommand implements Callable<Integer>, Resumable {
    private static final int LARGEST_BATCH = 256;

    /** While one looks at pictures, another writes about its own. */
    private static final int TASKS_TOGETHER = 2;

    @ParentCommand
    private LoraSpark root;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "DIR",
            description = "Folder of pictures, with all folders below it; any Hadoop path.")
    private String input;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "Caption file: .csv (filename.jpg,\"caption\"), .jsonl or .parquet.")
    private String output;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Folder of a BLIP or WD14 model; given twice, BLIP's sentence comes first, then the tags.")
    private List<String> models;

    @Option(
            names = "--existing",
            paramLabel = "WHAT",
            description = "Captions that are there already: keep, overwrite or append (default: keep). An --output that"
                    + " exists is only touched when this is given.")
    private ExistingCaptions existing;

    @Option(
            names = "--prefix",
            paramLabel = "TEXT",
            description = "Put before every new caption, such as a trigger word.")
    private String prefix = "";

    @Option(names = "--suffix", paramLabel = "TEXT", description = "Put behind every new caption.")
    private String suffix = "";

    @Option(names = "--txt", description = "Also write a .txt beside each picture.")
    private boolean txt;

    @Option(
            names = "--report",
            paramLabel = "FILE.html",
            description = "A page to look the captions over: pictures, tags, pictures that look alike.")
    private String report = "";

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            description = "Pictures that the model sees at a time (default: ${DEFAULT-VALUE}).")
    private int batchSize = 8;

    @Mixin
    private BlipChoice blip;

    @Mixin
    private TaggerChoice tagger;

    @Mixin
    private EngineChoice engine;

    @Override
    public Integer call() throws IOException {
        CaptionOrder order = order();
        PrintWriter out = spec.commandLine().getOut();
        try (SparkSession session = SparkSessions.open(root.master(), "caption", TASKS_TOGETHER, TASKS_TOGETHER)) {
            CaptionJob job = new CaptionJob(order, session);
            out.println(job.plan());
            out.flush();
            CaptionReport done = job.run();
            out.println(summary(done));
            warn(done, spec.commandLine().getErr());
            return done.rejected() > 0 ? Failures.FAILED : 0;
        }
    }

    @Override
    public String goesOn() {
        return "the same command does the rest";
    }

    private CaptionOrder order() {
        if (batchSize < 1 || batchSize > LARGEST_BATCH) {
            throw new UserError("--batch-size " + batchSize + " must be between 1 and " + LARGEST_BATCH);
        }
        return new CaptionOrder(
                input,
                output,
                models,
                blip.options(),
                tagger.options(),
                engine.name(),
                engine.dtype(),
                batchSize,
                existing == null ? ExistingCaptions.KEEP : existing,
                existing != null,
                prefix,
                suffix,
                txt,
                report);
    }

    private static String summary(CaptionReport done) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "captioned %d pictures in %s (%.1f a second)",
                done.captioned(),
                Durations.words(done.seconds()),
                done.perSecond()));
        text.append(done.kept() > 0 ? ", " + done.kept() + " kept" : "")
                .append(done.rejected() > 0 ? ", " + done.rejected() + " rejected" : "");
        line(text, "captions", done.output());
        line(text, "rejected", done.rejectedFile());
        line(text, "report", done.report());
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String path) {
        if (!path.isEmpty()) {
            text.append(System.lineSeparator()).append(String.format("%-9s %s", name, path));
        }
    }

    private static void warn(CaptionReport done, PrintWriter err) {
        if (done.duplicates() > 0) {
            err.println("lora-spark: " + done.duplicates()
                    + (done.duplicates() == 1 ? " picture looks" : " pictures look") + " like another ("
                    + String.join(", ", done.duplicateExamples()) + (done.duplicates() > 3 ? ", …" : "")
                    + ")" + (done.report().isEmpty() ? "; --report shows them" : "; the report shows them"));
        }
        if (done.rejected() > 0) {
            err.println("lora-spark: " + done.rejected() + (done.rejected() == 1 ? " picture has" : " pictures have")
                    + " no caption; " + done.rejectedFile() + " says why");
        }
    }
}
