package org.loraspark.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.loraspark.config.ConfigLoader;
import org.loraspark.config.TrainConfig;

/** Short runs of the demo model on a handful of its pictures. */
final class DemoRun {
    /** Relative, as users give it: executors run in other folders. */
    private static final Path DEMO = Path.of("../conf/demo");

    private static final int PICTURES = 6;

    private DemoRun() {}

    /** A config that writes into a folder of its own, shares latents with its neighbours, and takes seconds. */
    static TrainConfig config(Path folder, String name, String... overrides) {
        List<String> all = new ArrayList<>(List.of(
                "model.base=" + DEMO.resolve("base"),
                "data.dir=" + pictures(folder),
                "data.resolution=64",
                "lora.rank=4",
                "lora.alpha=2",
                "train.epochs=2",
                "train.batch-size=1",
                "train.learning-rate=1e-3",
                "train.seed=7",
                "engine=nd4j",
                "output.dir=" + folder.resolve(name),
                "output.precision=fp32",
                "work.dir=" + folder.resolve("work"),
                "output.name=lora"));
        all.addAll(List.of(overrides));
        return ConfigLoader.load(empty(folder).toString(), all);
    }

    static String base() {
        return DEMO.resolve("base").toString();
    }

    /** A copy, so that tests can change it. */
    static Path pictures(Path folder) {
        Path copy = folder.resolve("pictures");
        try {
            if (!Files.exists(copy)) {
                Files.createDirectories(copy);
                List<String> captions = Files.readAllLines(DEMO.resolve("pictures/metadata.csv"));
                Files.write(copy.resolve("metadata.csv"), captions.subList(0, PICTURES));
                for (String line : captions.subList(0, PICTURES)) {
                    String file = line.substring(0, line.indexOf(','));
                    Files.copy(DEMO.resolve("pictures").resolve(file), copy.resolve(file));
                }
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TrainReport train(SparkSession spark, TrainConfig config) {
        return new TrainJob(config, spark).previews(Previews.NONE).run();
    }

    static byte[] bytes(String path) {
        try {
            return Files.readAllBytes(Path.of(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path empty(Path folder) {
        try {
            return Files.writeString(folder.resolve("empty.conf"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
