package org.loraspark.models.sd;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names and shapes of a single-file Stable Diffusion 1.x checkpoint, enumerated in the original code's terms: written
 * apart from the models, so that the two can be held against each other.
 */
final class LdmCheckpoint {
    private static final int[] MULTIPLIERS = {1, 2, 4, 4};
    private static final int TIME_DIM = 1280;
    private static final int CONTEXT_DIM = 768;

    private final Map<String, long[]> tensors = new LinkedHashMap<>();

    private LdmCheckpoint() {}

    static Map<String, long[]> unet() {
        LdmCheckpoint checkpoint = new LdmCheckpoint();
        checkpoint.addUnet("model.diffusion_model.");
        return checkpoint.tensors;
    }

    static Map<String, long[]> vae() {
        LdmCheckpoint checkpoint = new LdmCheckpoint();
        checkpoint.addVae("first_stage_model.");
        return checkpoint.tensors;
    }

    /** @param prefix {@code text_model.}, or nothing as in some community files */
    static Map<String, long[]> text(String prefix) {
        LdmCheckpoint checkpoint = new LdmCheckpoint();
        checkpoint.addText("cond_stage_model.transformer." + prefix);
        return checkpoint.tensors;
    }

    /** What such files carry along and nobody needs. */
    static Map<String, long[]> extras() {
        Map<String, long[]> extras = new LinkedHashMap<>();
        extras.put("cond_stage_model.transformer.text_model.embeddings.position_ids", new long[] {1, 77});
        extras.put("betas", new long[] {1000});
        extras.put("alphas_cumprod", new long[] {1000});
        extras.put("model_ema.decay", new long[] {});
        extras.put("model_ema.diffusion_modelinput_blocks00weight", new long[] {320, 4, 3, 3});
        extras.put("first_stage_model.loss.logvar", new long[] {});
        return extras;
    }

    private void addUnet(String p) {
        linear(p + "time_embed.0", TIME_DIM, 320);
        linear(p + "time_embed.2", TIME_DIM, TIME_DIM);
        conv(p + "input_blocks.0.0", 320, 4, 3);
        Deque<Integer> skips = new ArrayDeque<>();
        skips.push(320);
        int channels = 320;
        int block = 1;
        for (int level = 0; level < 4; level++) {
            for (int i = 0; i < 2; i++) {
                int width = 320 * MULTIPLIERS[level];
                resBlock(p + "input_blocks." + block + ".0", channels, width);
                if (level < 3) {
                    transformer(p + "input_blocks." + block + ".1", width);
                }
                channels = width;
                skips.push(channels);
                block++;
            }
            if (level < 3) {
                conv(p + "input_blocks." + block++ + ".0.op", channels, channels, 3);
                skips.push(channels);
            }
        }
        resBlock(p + "middle_block.0", channels, channels);
        transformer(p + "middle_block.1", channels);
        resBlock(p + "middle_block.2", channels, channels);
        block = 0;
        for (int level = 3; level >= 0; level--) {
            for (int i = 0; i < 3; i++) {
                int width = 320 * MULTIPLIERS[level];
                resBlock(p + "output_blocks." + block + ".0", channels + skips.pop(), width);
                channels = width;
                if (level < 3) {
                    transformer(p + "output_blocks." + block + ".1", width);
                }
                if (level > 0 && i == 2) {
                    conv(p + "output_blocks." + block + (level < 3 ? ".2.conv" : ".1.conv"), channels, channels, 3);
                }
                block++;
            }
        }
        norm(p + "out.0", 320);
        conv(p + "out.2", 4, 320, 3);
    }

    private void resBlock(String p, int in, int out) {
        norm(p + ".in_layers.0", in);
        conv(p + ".in_layers.2", out, in, 3);
        linear(p + ".emb_layers.1", out, TIME_DIM);
        norm(p + ".out_layers.0", out);
        conv(p + ".out_layers.3", out, out, 3);
        if (in != out) {
            conv(p + ".skip_connection", out, in, 1);
        }
    }

    private void transformer(String p, int c) {
        norm(p + ".norm", c);
        conv(p + ".proj_in", c, c, 1);
        String block = p + ".transformer_blocks.0.";
        for (int i = 1; i <= 3; i++) {
            norm(block + "norm" + i, c);
        }
        for (int i = 1; i <= 2; i++) {
            String attention = block + "attn" + i + ".";
            int context = i == 1 ? c : CONTEXT_DIM;
            put(attention + "to_q.weight", c, c);
            put(attention + "to_k.weight", c, context);
            put(attention + "to_v.weight", c, context);
            linear(attention + "to_out.0", c, c);
        }
        linear(block + "ff.net.0.proj", 8 * c, c);
        linear(block + "ff.net.2", c, 4 * c);
        conv(p + ".proj_out", c, c, 1);
    }

    private void addVae(String p) {
        conv(p + "encoder.conv_in", 128, 3, 3);
        int channels = 128;
        for (int level = 0; level < 4; level++) {
            int width = 128 * MULTIPLIERS[level];
            for (int i = 0; i < 2; i++) {
                vaeBlock(p + "encoder.down." + level + ".block." + i, channels, width);
                channels = width;
            }
            if (level < 3) {
                conv(p + "encoder.down." + level + ".downsample.conv", channels, channels, 3);
            }
        }
        vaeMid(p + "encoder.mid.");
        norm(p + "encoder.norm_out", 512);
        conv(p + "encoder.conv_out", 8, 512, 3);
        conv(p + "quant_conv", 8, 8, 1);
        conv(p + "post_quant_conv", 4, 4, 1);
        conv(p + "decoder.conv_in", 512, 4, 3);
        channels = 512;
        for (int level = 3; level >= 0; level--) {
            int width = 128 * MULTIPLIERS[level];
            for (int i = 0; i < 3; i++) {
                vaeBlock(p + "decoder.up." + level + ".block." + i, channels, width);
                channels = width;
            }
            if (level > 0) {
                conv(p + "decoder.up." + level + ".upsample.conv", channels, channels, 3);
            }
        }
        vaeMid(p + "decoder.mid.");
        norm(p + "decoder.norm_out", 128);
        conv(p + "decoder.conv_out", 3, 128, 3);
    }

    private void vaeMid(String p) {
        vaeBlock(p + "block_1", 512, 512);
        norm(p + "attn_1.norm", 512);
        for (String name : new String[] {"q", "k", "v", "proj_out"}) {
            conv(p + "attn_1." + name, 512, 512, 1);
        }
        vaeBlock(p + "block_2", 512, 512);
    }

    private void vaeBlock(String p, int in, int out) {
        norm(p + ".norm1", in);
        conv(p + ".conv1", out, in, 3);
        norm(p + ".norm2", out);
        conv(p + ".conv2", out, out, 3);
        if (in != out) {
            conv(p + ".nin_shortcut", out, in, 1);
        }
    }

    private void addText(String p) {
        put(p + "embeddings.token_embedding.weight", 49408, 768);
        put(p + "embeddings.position_embedding.weight", 77, 768);
        for (int i = 0; i < 12; i++) {
            String layer = p + "encoder.layers." + i + ".";
            norm(layer + "layer_norm1", 768);
            norm(layer + "layer_norm2", 768);
            for (String name : new String[] {"q", "k", "v", "out"}) {
                linear(layer + "self_attn." + name + "_proj", 768, 768);
            }
            linear(layer + "mlp.fc1", 3072, 768);
            linear(layer + "mlp.fc2", 768, 3072);
        }
        norm(p + "final_layer_norm", 768);
    }

    private void conv(String name, long out, long in, long kernel) {
        put(name + ".weight", out, in, kernel, kernel);
        put(name + ".bias", out);
    }

    private void linear(String name, long out, long in) {
        put(name + ".weight", out, in);
        put(name + ".bias", out);
    }

    private void norm(String name, long channels) {
        put(name + ".weight", channels);
        put(name + ".bias", channels);
    }

    private void put(String name, long... shape) {
        if (tensors.put(name, shape) != null) {
            throw new IllegalStateException(name + " is there twice");
        }
    }
}
