package org.loraspark.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.io.Storage;
import org.loraspark.io.TensorSpec;
import org.loraspark.models.WeightCheck;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.TextEncoderConfig;
import org.loraspark.models.sd.UNet;
import org.loraspark.models.sd.UNetConfig;
import org.loraspark.models.sd.Vae;
import org.loraspark.models.sd.VaeConfig;
import org.loraspark.nn.Layers;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/**
 * Stable Diffusion 1.5 in diffusers' folders, float16, with weights that are random but the same everywhere: a matrix or
 * kernel is U(-1/√n, 1/√n) with n inputs of an output, a norm's scale is 1, a bias 0. So values and gradients keep the
 * magnitudes of a trained model, and no kernel meets denormal numbers.
 */
final class RandomCheckpoint {
    /** A prime, so that no two rows of a matrix begin at the same place of the repeated noise. */
    private static final int NOISE = 1_048_583;

    private static final Map<String, String> CONFIGS = Map.of("unet", """
            {"act_fn": "silu", "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280],
             "cross_attention_dim": 768, "in_channels": 4, "out_channels": 4, "layers_per_block": 2,
             "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                  "DownBlock2D"],
             "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
             "flip_sin_to_cos": true, "freq_shift": 0, "norm_eps": 1e-05, "norm_num_groups": 32, "sample_size": 64}
            """, "text_encoder", """
            {"vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
             "num_attention_heads": 12, "max_position_embeddings": 77, "hidden_act": "quick_gelu"}
            """, "vae", """
            {"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "latent_channels": 4,
             "norm_num_groups": 32, "in_channels": 3, "out_channels": 3}
            """);

    private final Configuration conf;
    private final float[] noise = new float[NOISE];
    private final Map<Long, ByteBuffer> scaled = new HashMap<>();

    private RandomCheckpoint(Configuration conf) {
        this.conf = conf;
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < NOISE; i++) {
            noise[i] = (float) random.nextDouble(-1, 1);
        }
    }

    /** Writes the folder, whole or not at all, unless there is one. */
    static void writeOnce(Path folder, Configuration conf) throws IOException {
        if (!Storage.fileSystem(folder, conf).exists(folder)) {
            RandomCheckpoint checkpoint = new RandomCheckpoint(conf);
            AtomicFiles.writeFolder(folder, conf, checkpoint::fill);
        }
    }

    private void fill(Path folder) throws IOException {
        part(folder, "unet", "diffusion_pytorch_model", layers -> {
            new UNet(layers, UNetConfig.stableDiffusion1());
        });
        part(folder, "text_encoder", "model", layers -> {
            new TextEncoder(layers, TextEncoderConfig.clipVitL14());
        });
        part(folder, "vae", "diffusion_pytorch_model", layers -> {
            new Vae(layers, VaeConfig.stableDiffusion1());
        });
        try (InputStream resource = ClipTokenizer.class.getResourceAsStream("clip-tokenizer.json.gz");
                InputStream json = new GZIPInputStream(resource)) {
            AtomicFiles.write(new Path(folder, "tokenizer/tokenizer.json"), conf, json.readAllBytes());
        }
    }

    private void part(Path folder, String name, String file, Consumer<Layers> model) {
        Path part = new Path(folder, name);
        AtomicFiles.write(new Path(part, "config.json"), conf, CONFIGS.get(name).getBytes(StandardCharsets.UTF_8));
        SafetensorsWriter.write(
                new Path(part, file + ".safetensors"),
                conf,
                WeightCheck.needed(model).entrySet().stream()
                        .map(e -> new TensorSpec(e.getKey(), DType.F16, e.getValue()))
                        .toList(),
                Map.of(),
                this::tensor);
    }

    private HostTensor tensor(TensorSpec spec) {
        long[] shape = spec.shape();
        int size = Math.toIntExact(Shapes.size(shape));
        ByteBuffer data = ByteBuffer.allocate(2 * size).order(ByteOrder.LITTLE_ENDIAN);
        if (shape.length > 1) {
            ByteBuffer values = scaled.computeIfAbsent(size / shape[0], this::scaled);
            while (data.hasRemaining()) {
                data.put(values.slice(0, Math.min(values.capacity(), data.remaining())));
            }
        } else if (spec.name().endsWith(".weight")) {
            while (data.hasRemaining()) {
                data.putShort(HalfFloats.toF16(1));
            }
        }
        return new HostTensor(DType.F16, shape, data.clear());
    }

    private ByteBuffer scaled(long inputs) {
        ByteBuffer values = ByteBuffer.allocate(2 * NOISE).order(ByteOrder.LITTLE_ENDIAN);
        float bound = (float) (1 / Math.sqrt(inputs));
        for (float value : noise) {
            values.putShort(HalfFloats.toF16(bound * value));
        }
        return values.clear();
    }
}
