package org.loraspark.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;
import org.loraspark.models.WeightCheck;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.TextEncoderConfig;
import org.loraspark.models.sd.UNet;
import org.loraspark.models.sd.UNetConfig;
import org.loraspark.models.sd.Vae;
import org.loraspark.models.sd.VaeConfig;
import org.loraspark.nn.Layers;

/** Stable Diffusion 1.5 in diffusers' folders, with {@link RandomWeights}. */
final class RandomCheckpoint {
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
    private final RandomWeights weights = new RandomWeights();

    private RandomCheckpoint(Configuration conf) {
        this.conf = conf;
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
        weights.write(new Path(part, file + ".safetensors"), conf, WeightCheck.needed(model));
    }
}
