package org.loraspark.models.sd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.grad.Tape;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.io.TensorSpec;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraConfig;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.RankDropout;
import org.loraspark.models.WeightCheck;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.Engines;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Shapes;
import org.loraspark.train.DiffusionBatch;
import org.loraspark.train.DiffusionModel;
import org.loraspark.train.DiffusionStep;

/** The real names and shapes: float16 checkpoints of random weights, 2.1 GB each, in both layouts. */
@Tag("fullsize")
class FullSizeTest {
    private static final int RANK = 4;

    /** As many halves as the largest tensor, the token embedding, has. */
    private static final int NOISE = 49408 * 768;

    @TempDir
    Path temp;

    @Test
    void diffusersFolderIsRecognisedAndTrainsAStepAt512Pixels() throws IOException {
        Path folder = temp.resolve("sd15");
        writeFolder(folder);
        try (BaseModel model = open(folder)) {
            assertThat(model.describe())
                    .isEqualTo("Stable Diffusion 1.x, diffusers folder, UNet 859.5 M, text encoder 123.1 M,"
                            + " VAE 83.7 M parameters, F16");
            LoraLayout layout = model.loraLayout(new LoraConfig(RANK, 1, 0, false), false);
            assertThat(layout.modules()).hasSize(192);
            assertThat(layout.size()).isEqualTo(RANK * 423_936);
            trainOneStep(model, layout);
        }
    }

    @Test
    void singleFileIsRecognisedAndEncodesText() {
        Path file = temp.resolve("sd15.safetensors");
        Map<String, long[]> tensors = new LinkedHashMap<>(LdmCheckpoint.unet());
        tensors.putAll(LdmCheckpoint.vae());
        tensors.putAll(LdmCheckpoint.text(""));
        tensors.putAll(LdmCheckpoint.extras());
        write(file, tensors);
        try (BaseModel model = open(file);
                Engine engine = engine()) {
            assertThat(model.describe())
                    .isEqualTo("Stable Diffusion 1.x, single file, UNet 859.5 M, text encoder 123.1 M,"
                            + " VAE 83.7 M parameters, F16");
            assertThat(model.tokenizerFolder()).isEmpty();
            assertThat(encode(engine, model.textEncoder(engine)))
                    .hasSize(77 * 768)
                    .doesNotContain(Float.NaN);
        }
    }

    private static void trainOneStep(BaseModel model, LoraLayout layout) {
        try (Engine engine = engine();
                Scope scope = engine.scope()) {
            LoraAdapters adapters = new LoraAdapters(engine, layout);
            float[] start = new float[layout.size()];
            SplittableRandom random = new SplittableRandom(3);
            for (int i = 0; i < layout.modules().size(); i++) {
                for (int k = layout.downOffset(i); k < layout.upOffset(i); k++) {
                    start[k] = (float) random.nextDouble(-0.03, 0.03);
                }
            }
            adapters.load(start);
            DiffusionStep step = new DiffusionStep(engine, DiffusionModel.load(model, engine, 1), adapters, false);
            float[] latents = gaussian(64 * 64 * 4, 1);
            float[] noise = gaussian(64 * 64 * 4, 2);
            DiffusionBatch batch = new DiffusionBatch(64, 64, latents, noise, new int[] {500}, new int[][] {caption()});
            DiffusionStep.Result result = step.forwardBackward(batch, 1, RankDropout.NONE);
            assertThat(result.losses()[0]).isFinite().isPositive();
            float[] gradients = adapters.gradients();
            for (int i = 0; i < layout.modules().size(); i++) {
                String name = layout.modules().get(i).name();
                float[] up = Arrays.copyOfRange(gradients, layout.upOffset(i), layout.end(i));
                assertThat(up).as(name).doesNotContain(Float.NaN);
                assertThat(IntStream.range(0, up.length).anyMatch(k -> up[k] != 0))
                        .as(name)
                        .isTrue();
            }
            assertThat(scope).isNotNull();
        }
    }

    private static float[] encode(Engine engine, TextEncoder encoder) {
        try (Tape tape = Tape.inference(engine)) {
            return engine.read(encoder.forward(Pass.plain(tape), new int[][] {caption()}, 1)
                    .value());
        }
    }

    /** "a photo of a cat". */
    private static int[] caption() {
        int[] ids = new int[77];
        Arrays.fill(ids, 49407);
        System.arraycopy(new int[] {49406, 320, 1125, 539, 320, 2368}, 0, ids, 0, 6);
        return ids;
    }

    private static float[] gaussian(int n, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Engine engine() {
        int threads = Runtime.getRuntime().availableProcessors();
        return Engines.provider("nd4j").open(EngineOptions.of(DType.F32, threads));
    }

    private static BaseModel open(Path path) {
        return BaseModel.open(new org.apache.hadoop.fs.Path(path.toUri()), new Configuration());
    }

    private static void writeFolder(Path folder) throws IOException {
        writePart(folder.resolve("unet/diffusion_pytorch_model.safetensors"), layers -> {
            new UNet(layers, UNetConfig.stableDiffusion1());
        });
        writePart(folder.resolve("text_encoder/model.safetensors"), layers -> {
            new TextEncoder(layers, TextEncoderConfig.clipVitL14());
        });
        writePart(folder.resolve("vae/diffusion_pytorch_model.safetensors"), layers -> {
            new Vae(layers, VaeConfig.stableDiffusion1());
        });
        Files.createDirectories(folder.resolve("tokenizer"));
        Files.writeString(folder.resolve("tokenizer/vocab.json"), "{}");
        Files.writeString(folder.resolve("unet/config.json"), """
                {"act_fn": "silu", "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280],
                 "cross_attention_dim": 768, "in_channels": 4, "out_channels": 4, "layers_per_block": 2,
                 "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                      "DownBlock2D"],
                 "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
                 "flip_sin_to_cos": true, "freq_shift": 0, "norm_eps": 1e-05, "norm_num_groups": 32}
                """);
        Files.writeString(folder.resolve("text_encoder/config.json"), """
                {"vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
                 "num_attention_heads": 12, "max_position_embeddings": 77, "hidden_act": "quick_gelu"}
                """);
        Files.writeString(folder.resolve("vae/config.json"), """
                {"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "latent_channels": 4,
                 "norm_num_groups": 32, "in_channels": 3, "out_channels": 3}
                """);
    }

    private static void writePart(Path file, Consumer<Layers> model) {
        write(file, WeightCheck.needed(model));
    }

    /** Streams small random halves, the same ones for each tensor from another place on. */
    private static void write(Path file, Map<String, long[]> tensors) {
        ByteBuffer noise = noise();
        SafetensorsWriter.write(
                new org.apache.hadoop.fs.Path(file.toUri()),
                new Configuration(),
                tensors.entrySet().stream()
                        .map(e -> new TensorSpec(e.getKey(), DType.F16, e.getValue()))
                        .toList(),
                Map.of(),
                spec -> {
                    int bytes = (int) (2 * Shapes.size(spec.shape()));
                    int free = NOISE - bytes / 2;
                    int start = free == 0 ? 0 : Math.floorMod(spec.name().hashCode(), free);
                    return new HostTensor(DType.F16, spec.shape(), noise.slice(2 * start, bytes));
                });
    }

    private static ByteBuffer noise() {
        ByteBuffer noise = ByteBuffer.allocateDirect(2 * NOISE).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < NOISE; i++) {
            noise.putShort(HalfFloats.toF16(random.nextInt(-1000, 1000) * 3e-5f));
        }
        return noise.flip();
    }
}
