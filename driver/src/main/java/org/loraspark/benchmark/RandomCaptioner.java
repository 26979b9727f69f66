package org.loraspark.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;
import org.loraspark.models.WeightCheck;
import org.loraspark.models.blip.BlipConfig;
import org.loraspark.models.blip.TextDecoder;
import org.loraspark.models.blip.VisionTower;

/** BLIP base in a Hugging Face folder, with {@link RandomWeights} and a vocabulary of numbers. */
final class RandomCaptioner {
    private static final String VOCABULARY = "text_decoder.cls.predictions.decoder.weight";

    private RandomCaptioner() {}

    /** Writes the folder, whole or not at all, unless there is one. */
    static void writeOnce(Path folder, Configuration conf) throws IOException {
        if (!Storage.fileSystem(folder, conf).exists(folder)) {
            AtomicFiles.writeFolder(folder, conf, whole -> fill(whole, conf));
        }
    }

    private static void fill(Path folder, Configuration conf) {
        BlipConfig base = BlipConfig.base();
        write(folder, "config.json", conf, "{\"model_type\": \"blip\"}");
        String words = IntStream.range(4, base.text().vocabSize())
                .mapToObj(i -> "w" + i)
                .collect(Collectors.joining("\n", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "\n"));
        write(folder, "vocab.txt", conf, words);
        Map<String, long[]> shapes = new LinkedHashMap<>();
        WeightCheck.needed(layers -> new VisionTower(layers, base.vision()))
                .forEach((name, shape) -> shapes.put(VisionTower.NAME + "." + name, shape));
        WeightCheck.needed(layers ->
                        new TextDecoder(layers, base.text(), base.vision().hiddenSize()))
                .forEach((name, shape) -> shapes.put(TextDecoder.NAME + "." + name, shape));
        // Products with the token embeddings give the scores.
        shapes.remove(VOCABULARY);
        new RandomWeights().write(new Path(folder, "model.safetensors"), conf, shapes);
    }

    private static void write(Path folder, String name, Configuration conf, String text) {
        AtomicFiles.write(new Path(folder, name), conf, text.getBytes(StandardCharsets.UTF_8));
    }
}
