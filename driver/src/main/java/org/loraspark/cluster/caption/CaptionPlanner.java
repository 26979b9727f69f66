package org.loraspark.cluster.caption;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.UserError;
import org.loraspark.cluster.OutputFolder;
import org.loraspark.cluster.Slots;
import org.loraspark.data.Picture;
import org.loraspark.data.PictureTree;
import org.loraspark.infer.CaptionModel;
import org.loraspark.io.Storage;
import org.loraspark.tensor.Engines;

/** Makes a {@link CaptionPlan}: looks at models, folders and what was done before, and refuses what cannot work. */
final class CaptionPlanner {
    private static final long BYTES_PER_PICTURE = 1024;
    private static final long BYTES_OF_REPORT = 4 << 20;

    private final JavaSparkContext spark;
    private final Configuration conf;
    private final CaptionOrder order;

    CaptionPlanner(JavaSparkContext spark, CaptionOrder order) {
        this.spark = spark;
        this.conf = spark.hadoopConfiguration();
        this.order = order;
    }

    CaptionPlan plan() {
        CaptionFormat format = CaptionFormat.of(order.output());
        Path output = qualified("--output", order.output());
        boolean outputExists = outputExists(output, format);
        CaptionSettings settings = settings();
        PictureTree tree = tree(output, outputExists);
        requireWritable(output, tree.pictures().size());
        Path work = new Path(output.getParent(), "." + output.getName() + ".work");
        Map<String, String> existing = existing(tree, work);
        Journal journal =
                new Journal(new Path(work, settings.fingerprint()).toString(), new SerializableConfiguration(conf));
        Journal.Contents before = journal.read();
        List<Picture> todo = tree.pictures().stream()
                .filter(picture -> order.existing() != ExistingCaptions.KEEP
                        || existing.get(picture.name()).isEmpty())
                .filter(picture -> !before.hasCaption(picture))
                .toList();
        int slots = Slots.of(spark);
        return new CaptionPlan(
                order,
                settings,
                format,
                output,
                work,
                tree,
                existing,
                journal,
                before,
                todo,
                CaptionChunks.of(todo, slots),
                slots);
    }

    private Path qualified(String option, String path) {
        try {
            return Storage.qualified(new Path(path), conf);
        } catch (IllegalArgumentException e) {
            throw new UserError(option + " \"" + path + "\" is no path: " + e.getMessage(), e);
        }
    }

    private CaptionSettings settings() {
        List<CaptionModel> models = order.models().stream()
                .map(model -> CaptionModel.find(qualified("--model", model), conf))
                .sorted(Comparator.comparing(CaptionModel::kind))
                .toList();
        if (models.stream().map(CaptionModel::kind).distinct().count() < models.size()) {
            throw new UserError("--model names " + models.size() + " models of the kind "
                    + models.get(0).kind() + "; give one of a kind, BLIP for a sentence and WD14 for tags");
        }
        CaptionSettings settings = new CaptionSettings(
                models, order.blip(), order.tagger(), order.engine(), order.precision(), order.batchSize());
        if (settings.uses(CaptionModel.Kind.BLIP)) {
            requireEngine();
        }
        return settings;
    }

    /** Only its name: whether it works is for the executors to say. */
    private void requireEngine() {
        List<String> names =
                Engines.providers().stream().map(provider -> provider.name()).toList();
        if (!order.engine().equals("auto") && !names.contains(order.engine())) {
            throw new UserError(
                    "unknown engine '" + order.engine() + "' (--engine); known: auto, " + String.join(", ", names));
        }
    }

    private boolean outputExists(Path output, CaptionFormat format) {
        try {
            var fileSystem = Storage.fileSystem(output, conf);
            if (!fileSystem.exists(output)) {
                return false;
            }
            boolean folder = fileSystem.getFileStatus(output).isDirectory();
            if (folder != (format == CaptionFormat.PARQUET)) {
                throw new UserError("--output " + output + " is a " + (folder ? "folder" : "file") + "; a "
                        + (folder ? "file" : "folder") + " is needed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach " + output, e);
        }
        if (!order.outputMayExist()) {
            throw new UserError("--output " + output + " exists; choose another name, or say with --existing keep, "
                    + "overwrite or append what is to become of the captions in it");
        }
        if (format == CaptionFormat.PARQUET && order.existing() != ExistingCaptions.OVERWRITE) {
            throw new UserError("--output " + output + " exists, and Parquet is not added to; choose another name, or "
                    + "--existing overwrite");
        }
        return true;
    }

    private PictureTree tree(Path output, boolean outputExists) {
        Path input = qualified("--input", order.input());
        return order.existing() == ExistingCaptions.OVERWRITE
                ? PictureTree.list(input, conf)
                : PictureTree.captioned(input, conf, outputExists ? output.toString() : "");
    }

    private Map<String, String> existing(PictureTree tree, Path work) {
        Map<String, String> existing = new HashMap<>();
        tree.pictures().forEach(picture -> existing.put(picture.name(), picture.caption()));
        if (order.existing() == ExistingCaptions.APPEND) {
            Map<String, String> before = new ExistingSnapshot(work, conf).read();
            if (before != null) {
                before.forEach(existing::replace);
            }
        }
        return existing;
    }

    private void requireWritable(Path output, int pictures) {
        OutputFolder.requireWritable("--output", output.getParent(), conf, pictures * BYTES_PER_PICTURE);
        if (!order.report().isEmpty()) {
            if (!order.report().endsWith(".html")) {
                throw new UserError("--report " + order.report() + " must end in .html");
            }
            Path report = qualified("--report", order.report());
            OutputFolder.requireWritable("--report", report.getParent(), conf, BYTES_OF_REPORT);
        }
    }
}
