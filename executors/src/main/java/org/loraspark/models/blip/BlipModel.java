package org.loraspark.models.blip;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.SafetensorsShards;
import org.loraspark.io.Storage;
import org.loraspark.models.ConfigJson;
import org.loraspark.models.WeightCheck;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Weights;
import org.loraspark.tensor.Engine;

/**
 * A BLIP captioner on disk: a Hugging Face folder with {@code config.json} and {@code model.safetensors}, whole or
 * in several files. Opening it checks every name and shape and reads no weight.
 */
public final class BlipModel implements AutoCloseable {
    private static final String HEAD = TextDecoder.NAME + ".cls.predictions.";
    private static final String HEAD_WEIGHT = HEAD + "decoder.weight";
    private static final String HEAD_BIAS = HEAD + "decoder.bias";

    /** Copies of other tensors, and numbers that are not weights. */
    private static final Set<String> EXTRAS =
            Set.of(HEAD_WEIGHT, HEAD_BIAS, HEAD + "bias", TextDecoder.NAME + ".bert.embeddings.position_ids");

    private final Path folder;
    private final SafetensorsShards weights;
    private final BlipConfig config;
    private final PictureProcessor processor;

    /** Whether scores are products with the token embeddings. */
    private final boolean tied;

    private BlipModel(
            Path folder, SafetensorsShards weights, BlipConfig config, PictureProcessor processor, boolean tied) {
        this.folder = folder;
        this.weights = weights;
        this.config = config;
        this.processor = processor;
        this.tied = tied;
    }

    /** @throws UserError when there is no such folder, or it is no complete BLIP captioner */
    public static BlipModel open(Path folder, Configuration conf) {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        try {
            FolderKind.requireBlip(folder, fileSystem, conf);
            ConfigJson json = ConfigJson.read(new Path(folder, "config.json"), conf);
            BlipConfig config = BlipConfig.of(json);
            PictureProcessor processor =
                    PictureProcessor.read(folder, conf, config.vision().imageSize());
            SafetensorsShards weights = SafetensorsShards.open(folder, FolderKind.WEIGHTS, conf);
            boolean separate = !json.flag("tie_word_embeddings", true)
                    || !json.object("text_config").flag("tie_word_embeddings", true);
            BlipModel model = new BlipModel(
                    folder,
                    weights,
                    config,
                    processor,
                    !(separate && weights.names().contains(HEAD_WEIGHT)));
            try {
                model.check();
            } catch (RuntimeException e) {
                weights.close();
                throw e;
            }
            return model;
        } catch (IOException e) {
            throw new UserError("cannot read the model folder " + folder + ": " + e.getMessage(), e);
        }
    }

    private void check() {
        WeightCheck check = new WeightCheck();
        Set<String> unused = new TreeSet<>(weights.names());
        unused.removeAll(EXTRAS);
        check(check, unused, VisionTower.NAME, layers -> new VisionTower(layers, config.vision()));
        check(check, unused, TextDecoder.NAME, this::decoder);
        unused.forEach(check::unknown);
        String problems = check.problems();
        if (!problems.isEmpty()) {
            throw new UserError("the weights in " + folder + " are not those of a BLIP captioner of the sizes in its"
                    + " config.json: " + problems);
        }
    }

    private void check(WeightCheck check, Set<String> unused, String part, Consumer<Layers> model) {
        WeightCheck.needed(model).forEach((name, shape) -> {
            String key = key(part, name);
            unused.remove(key);
            if (weights.names().contains(key)) {
                check.found(key, weights.info(key), shape);
            } else {
                check.missing(key);
            }
        });
    }

    /** The file's name for a weight. */
    private String key(String part, String name) {
        String key = part + "." + name;
        if (key.equals(HEAD_WEIGHT) && tied) {
            return TextDecoder.NAME + ".bert.embeddings.word_embeddings.weight";
        }
        return key.equals(HEAD_BIAS) && weights.names().contains(HEAD + "bias") ? HEAD + "bias" : key;
    }

    public Path folder() {
        return folder;
    }

    public BlipConfig config() {
        return config;
    }

    public PictureProcessor processor() {
        return processor;
    }

    /** Reads and packs the vision tower; the caller keeps it. */
    public VisionTower vision(Engine engine) {
        return new VisionTower(new Layers(engine, weights(VisionTower.NAME), VisionTower.NAME), config.vision());
    }

    public TextDecoder decoder(Engine engine) {
        return decoder(new Layers(engine, weights(TextDecoder.NAME), TextDecoder.NAME));
    }

    private TextDecoder decoder(Layers layers) {
        return new TextDecoder(layers, config.text(), config.vision().hiddenSize());
    }

    private Weights weights(String part) {
        return (name, shape) -> weights.tensor(key(part, name)).reshape(shape);
    }

    @Override
    public void close() {
        weights.close();
    }
}
