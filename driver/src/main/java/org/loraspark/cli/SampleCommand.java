package org.loraspark.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.UserError;
import org.loraspark.console.Progress;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.infer.ImageGenerator;
import org.loraspark.infer.ImageRequest;
import org.loraspark.infer.InfoText;
import org.loraspark.infer.Prompt;
import org.loraspark.infer.Sampler;
import org.loraspark.io.RgbImage;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.ChannelOrder;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Scope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Pictures from a base model and adapters. */
@Command(
        name = "sample",
        description = {
            "Makes pictures from a base model and adapters named in the prompt.",
            "<lora:name:0.8> takes name.safetensors at strength 0.8; <lora:name:0.5:1> has one strength for the text"
                    + " encoder and one for the UNet."
        },
        footer = {
            "  lora-spark sample --base sd15.safetensors --lora-dir output \\",
            "    --prompt \"a castle <lora:style:0.8>\" --output castle.png --seed 7",
            "  lora-spark sample --base conf/demo/base --lora-dir output/quickstart --guidance 2.5 --output star.png \\",
            "    --prompt \"a big red star on a blue background, outline style <lora:outline-style:1>\""
        })
final class SampleCommand implements Callable<Integer> {
    private static final long SEEDS = 1L << 32;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--base",
            required = true,
            paramLabel = "MODEL",
            description = "Diffusers folder or .safetensors file.")
    private String base;

    @Option(
            names = "--lora-dir",
            paramLabel = "DIR",
            description = "Where <lora:name:weight> looks for name.safetensors.")
    private String loraDir;

    @Option(
            names = "--prompt",
            required = true,
            paramLabel = "TEXT",
            description = "With any number of <lora:name:weight>.")
    private String prompt;

    @Option(names = "--negative", paramLabel = "TEXT", description = "What the picture should not show.")
    private String negative = "";

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE.png",
            description = "The picture; its settings are written into it.")
    private String output;

    @Option(names = "--steps", paramLabel = "N", description = "Denoising steps (default: ${DEFAULT-VALUE}).")
    private int steps = 25;

    @Option(names = "--guidance", paramLabel = "X", description = "Guidance scale (default: ${DEFAULT-VALUE}).")
    private double guidance = 7.5;

    @Option(
            names = "--sampler",
            paramLabel = "NAME",
            description = "ddim, euler_a or dpmpp_2m (default: ${DEFAULT-VALUE}).")
    private String sampler = "ddim";

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the noise (default: -1, a random one).")
    private long seed = -1;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "Pictures, with seeds from --seed on, in FILE-1.png, FILE-2.png (default: ${DEFAULT-VALUE}).")
    private int count = 1;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Pixels, a multiple of 8 (default: the model's own size).")
    private Integer width;

    @Option(
            names = "--height",
            paramLabel = "N",
            description = "Pixels, a multiple of 8 (default: the model's own size).")
    private Integer height;

    @Option(
            names = "--clip-skip",
            paramLabel = "N",
            description = "Text encoder layer from the top (default: ${DEFAULT-VALUE}).")
    private int clipSkip = 1;

    @Option(
            names = "--noise",
            paramLabel = "FILE",
            description = "Start from the tensor z0 [1, 4, height / 8, width / 8] of a .safetensors file.")
    private String noise;

    @Option(
            names = "--latent",
            paramLabel = "FILE",
            description = "Write the final latents too: latent [count, 4, height / 8, width / 8].")
    private String latent;

    @Mixin
    private EngineChoice engineChoice;

    @Override
    public Integer call() throws IOException {
        Configuration conf = new Configuration();
        Prompt parsed = Prompt.parse(prompt);
        if (!Prompt.parse(negative).loras().isEmpty()) {
            throw new UserError("--negative names an adapter; adapters belong into --prompt");
        }
        PictureFiles files = new PictureFiles(output, count, conf);
        try (BaseModel model = BaseModel.open(AdapterFiles.path(base), conf)) {
            int layers = model.textEncoderConfig().layers();
            if (clipSkip < 1 || clipSkip > layers) {
                throw new UserError("--clip-skip " + clipSkip + " must be between 1 and " + layers
                        + ", the layers of the text encoder");
            }
            HostTensor start = startNoise(model, conf);
            List<ImageRequest> requests = requests(parsed, model, start);
            PromptAdapters adapters = new PromptAdapters(parsed, loraDir, model, conf);
            try (ClipTokenizer tokenizer = model.tokenizerFolder()
                            .map(folder -> ClipTokenizer.read(folder, conf))
                            .orElseGet(ClipTokenizer::vitL14);
                    Engine engine = engineChoice.open(spec.commandLine().getErr());
                    Scope scope = engine.scope()) {
                warnOfLength("prompt", tokenizer.encode(parsed.text()));
                warnOfLength("negative prompt", tokenizer.encode(negative));
                files.requireWritable();
                ImageGenerator generator = new ImageGenerator(
                        engine,
                        model.unet(engine),
                        model.textEncoder(engine),
                        model.vae(engine),
                        model.schedule(),
                        clipSkip,
                        text -> tokenizer.encode(text).ids());
                List<float[]> latents =
                        generate(generator, requests, start, adapters.upload(engine), (index, picture) -> {
                            InfoText info = new InfoText(
                                    prompt,
                                    requests.get(index),
                                    nameOf(model),
                                    clipSkip,
                                    adapters.hashes(),
                                    new Version().getVersion()[0]);
                            files.write(index, picture, info.text());
                        });
                if (latent != null) {
                    int downscale = model.vaeConfig().downscale();
                    ImageRequest one = requests.get(0);
                    LatentFiles.write(
                            AdapterFiles.path(latent),
                            conf,
                            latents,
                            one.height() / downscale,
                            one.width() / downscale);
                }
            }
            PrintWriter out = spec.commandLine().getOut();
            for (int i = 0; i < count; i++) {
                out.println(files.path(i) + " (seed " + requests.get(i).seed() + ")");
            }
        }
        return 0;
    }

    @FunctionalInterface
    private interface Finished {
        void picture(int index, RgbImage picture) throws IOException;
    }

    /** Each picture is written as soon as it is made. */
    private List<float[]> generate(
            ImageGenerator generator,
            List<ImageRequest> requests,
            HostTensor start,
            List<LoraAdapters> adapters,
            Finished finished)
            throws IOException {
        List<float[]> latents = new ArrayList<>();
        try (Progress progress = Progress.open("steps", (long) steps * count, 0)) {
            long[] done = {0};
            for (int i = 0; i < count; i++) {
                ImageRequest request = requests.get(i);
                float[] from = start == null ? generator.noise(request) : ChannelOrder.toLast(start);
                float[] made = generator.denoise(request, from, adapters, () -> progress.update(++done[0], ""));
                latents.add(made);
                finished.picture(i, generator.decode(request, made));
            }
        }
        return latents;
    }

    /** Noise from a file; null when the seed gives it. */
    private HostTensor startNoise(BaseModel model, Configuration conf) {
        if (noise == null) {
            return null;
        }
        if (count > 1) {
            throw new UserError("--noise is the noise of one picture; leave out --count " + count);
        }
        return LatentFiles.readNoise(
                AdapterFiles.path(noise), conf, model.vaeConfig().latentChannels());
    }

    /** Noise from a file has the last word on the size, else the options, else the model. */
    private List<ImageRequest> requests(Prompt parsed, BaseModel model, HostTensor start) {
        int downscale = model.vaeConfig().downscale();
        int own = model.unetConfig().sampleSize() * downscale;
        int wide = width != null ? width : own;
        int high = height != null ? height : own;
        if (start != null) {
            int noiseHigh = Math.toIntExact(start.shape()[2] * downscale);
            int noiseWide = Math.toIntExact(start.shape()[3] * downscale);
            if (width != null && width != noiseWide || height != null && height != noiseHigh) {
                throw new UserError("--noise " + noise + " is for a picture of " + noiseWide + "x" + noiseHigh
                        + " pixels, not " + wide + "x" + high);
            }
            wide = noiseWide;
            high = noiseHigh;
        }
        if (seed < -1) {
            throw new UserError("--seed " + seed + " must be at least 0, or -1 for a random one");
        }
        long first = seed >= 0 ? seed : ThreadLocalRandom.current().nextLong(SEEDS);
        List<ImageRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(new ImageRequest(
                    parsed.text(), negative, steps, guidance, Sampler.Kind.named(sampler), first + i, wide, high));
        }
        return requests;
    }

    private void warnOfLength(String what, ClipTokenizer.Tokens tokens) {
        if (tokens.truncated()) {
            spec.commandLine()
                    .getErr()
                    .println("lora-spark: the " + what + " has " + tokens.tokens()
                            + " tokens, the model reads the first " + (ClipTokenizer.LENGTH - 2));
        }
    }

    /** A file without its ending; a folder as it is. */
    private static String nameOf(BaseModel model) {
        String name = model.path().getName();
        return name.endsWith(AdapterFiles.ENDING)
                ? name.substring(0, name.length() - AdapterFiles.ENDING.length())
                : name;
    }
}
