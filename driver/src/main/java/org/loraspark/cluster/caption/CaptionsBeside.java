package org.loraspark.cluster.caption;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.data.Picture;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/** Writes {@code 01.txt} beside {@code 01.jpg}, in parallel. Where existing captions are kept, so is every such file. */
final class CaptionsBeside {
    private static final int FILES_PER_TASK = 500;

    private final CaptionPlan plan;
    private final JavaSparkContext spark;

    private record TextFile(String path, String text) implements Serializable {}

    CaptionsBeside(CaptionPlan plan, JavaSparkContext spark) {
        this.plan = plan;
        this.spark = spark;
    }

    void write(List<CaptionLine> lines) {
        Map<String, String> captions = new HashMap<>();
        lines.forEach(line -> captions.put(line.name(), line.caption()));
        List<TextFile> files = new ArrayList<>();
        for (Picture picture : plan.tree().pictures()) {
            String caption = captions.get(picture.name());
            if (caption != null) {
                files.add(new TextFile(withTxt(picture.path()), caption));
            }
        }
        if (files.isEmpty()) {
            return;
        }
        boolean keep = plan.order().existing() == ExistingCaptions.KEEP;
        SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
        spark.parallelize(files, Math.max(Math.min(files.size(), plan.slots()), files.size() / FILES_PER_TASK))
                .foreach(file -> write(file, keep, hadoop.value()));
    }

    private static String withTxt(String path) {
        return path.substring(0, path.lastIndexOf('.')) + ".txt";
    }

    private static void write(TextFile file, boolean keep, Configuration conf) throws IOException {
        Path path = new Path(file.path());
        FileSystem fileSystem = Storage.fileSystem(path, conf);
        if (keep && fileSystem.exists(path) && fileSystem.getFileStatus(path).getLen() > 0) {
            return;
        }
        AtomicFiles.write(path, conf, (file.text() + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
