package org.loraspark.models.sd;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsShards;
import org.loraspark.io.Storage;
import org.loraspark.lora.LoraConfig;
import org.loraspark.lora.LoraLayout;
import org.loraspark.models.ConfigJson;
import org.loraspark.models.WeightCheck;
import org.loraspark.nn.Layers;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Shapes;

/**
 * A Stable Diffusion 1.x model on disk: a diffusers folder or one {@code .safetensors} file. Opening it checks every
 * name and shape and reads no weight; each network is read when it is asked for, straight from the mapped file.
 */
public final class BaseModel implements AutoCloseable {
    private static final List<String> WEIGHT_FILES = List.of(
            "diffusion_pytorch_model.safetensors",
            "diffusion_pytorch_model.fp16.safetensors",
            "model.safetensors",
            "model.fp16.safetensors");

    private final Path path;
    private final ModelFiles files;
    private final UNetConfig unetConfig;
    private final TextEncoderConfig textEncoderConfig;
    private final VaeConfig vaeConfig;
    private final NoiseSchedule schedule;
    private final boolean folder;
    private final Map<Component, String> hashes = new EnumMap<>(Component.class);

    private BaseModel(
            Path path,
            ModelFiles files,
            UNetConfig unetConfig,
            TextEncoderConfig textEncoderConfig,
            VaeConfig vaeConfig,
            NoiseSchedule schedule,
            boolean folder) {
        this.path = path;
        this.files = files;
        this.unetConfig = unetConfig;
        this.textEncoderConfig = textEncoderConfig;
        this.vaeConfig = vaeConfig;
        this.schedule = schedule;
        this.folder = folder;
    }

    /** @throws UserError when there is no such path, or it is no complete Stable Diffusion 1.x model */
    public static BaseModel open(Path path, Configuration conf) {
        FileSystem fileSystem = Storage.fileSystem(path, conf);
        try {
            if (!fileSystem.exists(path)) {
                throw new UserError("the base model " + path + " does not exist; model.base is a diffusers folder or a"
                        + " .safetensors file");
            }
            boolean folder = fileSystem.getFileStatus(path).isDirectory();
            BaseModel model = folder ? openFolder(path, conf, fileSystem) : openFile(path, conf);
            try {
                model.check();
            } catch (RuntimeException e) {
                model.close();
                throw e;
            }
            return model;
        } catch (IOException e) {
            throw new UserError("cannot read the base model " + path + ": " + e.getMessage(), e);
        }
    }

    private static BaseModel openFile(Path path, Configuration conf) {
        if (path.getName().matches("(?i).*\\.(ckpt|pt|pth|bin)")) {
            throw new UserError("the base model " + path + " is a pickle file, which can run code when it is read;"
                    + " convert it to .safetensors first");
        }
        ModelFiles files = new ModelFiles();
        files.addSingleFile(SafetensorsFile.open(path, conf));
        return new BaseModel(
                path,
                files,
                UNetConfig.stableDiffusion1(),
                TextEncoderConfig.clipVitL14(),
                VaeConfig.stableDiffusion1(),
                NoiseSchedule.stableDiffusion(),
                false);
    }

    private static BaseModel openFolder(Path path, Configuration conf, FileSystem fileSystem) throws IOException {
        for (Component component : Component.values()) {
            if (!fileSystem.exists(new Path(path, component.folder() + "/config.json"))) {
                throw new UserError("the base model folder " + path + " has no " + component.folder()
                        + "/config.json; a diffusers folder of Stable Diffusion 1.x has unet, vae, text_encoder and"
                        + " tokenizer");
            }
        }
        Path tokenizer = new Path(path, "tokenizer");
        if (!fileSystem.exists(new Path(tokenizer, "tokenizer.json"))
                && !fileSystem.exists(new Path(tokenizer, "vocab.json"))) {
            throw new UserError(
                    tokenizer + " has no tokenizer.json and no vocab.json; copy them from the original model");
        }
        ModelFiles files = new ModelFiles();
        try {
            for (Component component : Component.values()) {
                files.addComponent(component, weights(new Path(path, component.folder()), conf));
            }
            Path scheduler = new Path(path, "scheduler/scheduler_config.json");
            UNetConfig unet = Configs.unet(config(path, Component.UNET, conf));
            TextEncoderConfig text = Configs.textEncoder(config(path, Component.TEXT_ENCODER, conf));
            if (unet.crossAttentionDim() != text.hiddenSize()) {
                throw new UserError("the parts of the base model " + path + " do not belong together: its UNet reads"
                        + " texts of width " + unet.crossAttentionDim() + ", its text encoder writes "
                        + text.hiddenSize());
            }
            return new BaseModel(
                    path,
                    files,
                    unet,
                    text,
                    Configs.vae(config(path, Component.VAE, conf)),
                    fileSystem.exists(scheduler)
                            ? Configs.schedule(ConfigJson.read(scheduler, conf))
                            : NoiseSchedule.stableDiffusion(),
                    true);
        } catch (RuntimeException | IOException e) {
            files.close();
            throw e;
        }
    }

    private static ConfigJson config(Path path, Component component, Configuration conf) {
        return ConfigJson.read(new Path(path, component.folder() + "/config.json"), conf);
    }

    private static SafetensorsShards weights(Path folder, Configuration conf) throws IOException {
        for (String name : WEIGHT_FILES) {
            if (SafetensorsShards.exist(folder, name, conf)) {
                return SafetensorsShards.open(folder, name, conf);
            }
        }
        throw new UserError(folder + " has no weights; one of " + String.join(", ", WEIGHT_FILES)
                + " is needed (.bin files are not read, convert them to safetensors)");
    }

    private void check() {
        Map<Component, Map<String, long[]>> needed = new EnumMap<>(Component.class);
        needed.put(Component.UNET, WeightCheck.needed(layers -> new UNet(layers, unetConfig)));
        needed.put(Component.TEXT_ENCODER, WeightCheck.needed(layers -> new TextEncoder(layers, textEncoderConfig)));
        needed.put(Component.VAE, WeightCheck.needed(layers -> new Vae(layers, vaeConfig)));
        ModelCheck.requireComplete("the base model " + path, files, needed);
    }

    public Path path() {
        return path;
    }

    public UNetConfig unetConfig() {
        return unetConfig;
    }

    public TextEncoderConfig textEncoderConfig() {
        return textEncoderConfig;
    }

    public VaeConfig vaeConfig() {
        return vaeConfig;
    }

    public NoiseSchedule schedule() {
        return schedule;
    }

    /** The folder with the tokenizer's files; empty for a single file, which goes with CLIP's own vocabulary. */
    public Optional<Path> tokenizerFolder() {
        return folder ? Optional.of(new Path(path, "tokenizer")) : Optional.empty();
    }

    /** Reads and packs the UNet; the caller keeps it. */
    public UNet unet(Engine engine) {
        return new UNet(layers(engine, Component.UNET), unetConfig);
    }

    public TextEncoder textEncoder(Engine engine) {
        return new TextEncoder(layers(engine, Component.TEXT_ENCODER), textEncoderConfig);
    }

    public Vae vae(Engine engine) {
        return new Vae(layers(engine, Component.VAE), vaeConfig);
    }

    private Layers layers(Engine engine, Component component) {
        return new Layers(engine, files.weights(component), component.folder());
    }

    /**
     * What an adapter of this model consists of: kohya's default targets, all matrices of the UNet's transformers and, if
     * asked for, of the text encoder's layers.
     */
    public LoraLayout loraLayout(LoraConfig config, boolean textEncoder) {
        return config.layout(LoraTargets.of(unetConfig, textEncoderConfig, textEncoder));
    }

    /** A name for the VAE's content; see {@link ContentHash}. */
    public String vaeHash() {
        return hash(Component.VAE);
    }

    /** A name for the whole model's content. */
    public String contentHash() {
        ContentHash hash = new ContentHash();
        for (Component component : Component.values()) {
            hash.add(hash(component));
        }
        return hash.hex();
    }

    private synchronized String hash(Component component) {
        return hashes.computeIfAbsent(component, c -> {
            ContentHash hash = new ContentHash();
            hash.add(c.folder());
            files.names(c).forEach(name -> {
                long[] shape = files.info(c, name).shape();
                hash.add(name, files.weights(c).get(name, shape));
            });
            return hash.hex();
        });
    }

    /** One line for people: kind, size and number format. */
    public String describe() {
        Set<String> types = new TreeSet<>();
        for (Component component : Component.values()) {
            files.names(component)
                    .forEach(name -> types.add(files.info(component, name).dtype()));
        }
        return String.format(
                Locale.ROOT,
                "Stable Diffusion 1.x, %s, UNet %.1f M, text encoder %.1f M, VAE %.1f M parameters, %s",
                folder ? "diffusers folder" : "single file",
                parameters(Component.UNET) / 1e6,
                parameters(Component.TEXT_ENCODER) / 1e6,
                parameters(Component.VAE) / 1e6,
                String.join("/", types));
    }

    private long parameters(Component component) {
        return files.names(component).stream()
                .mapToLong(name -> Shapes.size(files.info(component, name).shape()))
                .sum();
    }

    @Override
    public void close() {
        files.close();
    }
}
