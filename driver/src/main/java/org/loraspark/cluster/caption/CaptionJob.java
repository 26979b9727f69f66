package org.loraspark.cluster.caption;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.cluster.LiveCounts;
import org.loraspark.console.Progress;
import org.loraspark.data.CsvField;
import org.loraspark.data.Problem;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/**
 * Captions the pictures below a folder on the cluster. Tasks record what they finish in a journal beside the output; when
 * all are done the driver reads it and writes the results, the output last of all. A job that was stopped anywhere
 * before that goes on from its journal.
 */
public final class CaptionJob {
    private static final String REJECTED = "rejected.csv";

    private final SparkSession session;
    private final JavaSparkContext spark;
    private final Configuration conf;
    private final CaptionPlan plan;

    /** Checks everything and starts nothing. */
    public CaptionJob(CaptionOrder order, SparkSession session) {
        this.session = session;
        this.spark = new JavaSparkContext(session.sparkContext());
        this.conf = spark.hadoopConfiguration();
        this.plan = new CaptionPlanner(spark, order).plan();
    }

    /** What {@link #run} will do, for people to read. */
    public String plan() {
        return plan.describe();
    }

    public CaptionReport run() {
        long start = System.nanoTime();
        if (plan.order().existing() == ExistingCaptions.APPEND) {
            new ExistingSnapshot(plan.work(), conf).write(plan.existing());
        }
        caption();
        double captionSeconds = (System.nanoTime() - start) / 1e9;
        CaptionResults results = CaptionResults.of(plan, plan.journal().read());
        if (plan.order().beside()) {
            new CaptionsBeside(plan, spark).write(results.lines());
        }
        Path rejected = new Path(plan.output().getParent(), REJECTED);
        writeRejected(rejected, results.rejected());
        List<List<String>> duplicates = DuplicateGroups.of(results.looks());
        if (!plan.order().report().isEmpty()) {
            new ContactSheet(plan, results, duplicates, spark)
                    .write(Storage.qualified(new Path(plan.order().report()), conf));
        }
        plan.format().write(plan.output(), results.lines(), session, conf);
        deleteWork();
        return new CaptionReport(
                results.captioned(),
                results.kept(),
                results.rejected().size(),
                duplicates.stream().mapToInt(group -> group.size() - 1).sum(),
                duplicates.stream()
                        .limit(3)
                        .map(group -> String.join(" = ", group.subList(0, 2)))
                        .toList(),
                (System.nanoTime() - start) / 1e9,
                plan.todo().size() / captionSeconds,
                plan.output().toString(),
                results.rejected().isEmpty() ? "" : rejected.toString(),
                plan.order().report());
    }

    private void caption() {
        if (plan.todo().isEmpty()) {
            return;
        }
        Map<String, Finished> known = new HashMap<>(plan.before().byHash());
        Broadcast<Map<String, Finished>> broadcast = spark.broadcast(known);
        LongAccumulator done = spark.sc().longAccumulator("lora-spark.pictures");
        CaptionTask task = new CaptionTask(
                plan.settings(), plan.journal(), new SerializableConfiguration(conf), broadcast, done, attempts());
        long before = plan.doneBefore();
        long total = before + plan.todo().size();
        long start = System.nanoTime();
        AtomicLong seen = new AtomicLong(before);
        try (Progress progress = Progress.open("pictures", total, before)) {
            Consumer<LiveCounts> show = counts -> {
                long pictures = (long) counts.sum(done);
                seen.set(before + pictures);
                progress.update(before + pictures, rate(pictures, start));
            };
            try (LiveCounts live = LiveCounts.of(spark, show, done)) {
                spark.parallelize(plan.chunks(), plan.chunks().size()).foreach(task);
            }
            // The last tasks' ends may not have come to the listener yet.
            if (seen.get() < total) {
                progress.update(total, rate(plan.todo().size(), start));
            }
        } finally {
            broadcast.destroy();
        }
    }

    private static String rate(long pictures, long start) {
        return String.format(Locale.ROOT, "%.1f pictures/s", pictures / ((System.nanoTime() - start) / 1e9));
    }

    /** How often Spark tries a task: once where all of it is one process, unless the master says otherwise. */
    private int attempts() {
        return spark.sc().isLocal() ? 1 : spark.getConf().getInt("spark.task.maxFailures", 4);
    }

    /** One that an earlier start has left is replaced, be it by one without rows. */
    private void writeRejected(Path file, List<Problem> rejected) {
        FileSystem fileSystem = Storage.fileSystem(file, conf);
        try {
            if (rejected.isEmpty() && !fileSystem.exists(file)) {
                return;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach " + file, e);
        }
        AtomicFiles.write(file, conf, out -> {
            out.write("file,reason\n".getBytes(StandardCharsets.UTF_8));
            for (Problem problem : rejected) {
                String row = CsvField.of(problem.path()) + "," + CsvField.quoted(problem.reason());
                out.write((row + "\n").getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    private void deleteWork() {
        try {
            Storage.fileSystem(plan.work(), conf).delete(plan.work(), true);
        } catch (IOException e) {
            throw new UncheckedIOException("the captions are written, but " + plan.work() + " cannot be deleted", e);
        }
    }
}
