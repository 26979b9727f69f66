package org.loraspark.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;

/** The 264 modules of kohya's default targets at the widths of Stable Diffusion 1.5. */
final class Sd15Adapter {
    private Sd15Adapter() {}

    /** Every rank and alpha alike. */
    static LoraWeights random(int rank, double alpha) {
        List<LoraModule> modules = new ArrayList<>();
        int[] down = {320, 640, 1280};
        for (int block = 0; block < 3; block++) {
            for (int layer = 0; layer < 2; layer++) {
                transformer(modules, "unet.down_blocks." + block + ".attentions." + layer, down[block], rank, alpha);
            }
        }
        transformer(modules, "unet.mid_block.attentions.0", 1280, rank, alpha);
        int[] up = {1280, 640, 320};
        for (int block = 1; block < 4; block++) {
            for (int layer = 0; layer < 3; layer++) {
                transformer(modules, "unet.up_blocks." + block + ".attentions." + layer, up[block - 1], rank, alpha);
            }
        }
        for (int layer = 0; layer < 12; layer++) {
            String name = "text_encoder.text_model.encoder.layers." + layer + ".";
            for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                modules.add(linear(name + "self_attn." + projection, 768, 768, rank, alpha));
            }
            modules.add(linear(name + "mlp.fc1", 768, 3072, rank, alpha));
            modules.add(linear(name + "mlp.fc2", 3072, 768, rank, alpha));
        }
        return filled(modules);
    }

    static LoraWeights filled(List<LoraModule> modules) {
        LoraLayout layout = new LoraLayout(modules);
        float[] values = new float[layout.size()];
        Random random = new Random(3);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return new LoraWeights(layout, values);
    }

    static LoraModule linear(String name, int in, int out, int rank, double alpha) {
        return new LoraModule(name, LoraModule.Kind.LINEAR, in, out, rank, alpha);
    }

    private static void transformer(List<LoraModule> modules, String name, int c, int rank, double alpha) {
        modules.add(new LoraModule(name + ".proj_in", LoraModule.Kind.CONV1X1, c, c, rank, alpha));
        String block = name + ".transformer_blocks.0.";
        for (String attention : List.of("attn1", "attn2")) {
            int context = attention.equals("attn1") ? c : 768;
            modules.add(linear(block + attention + ".to_q", c, c, rank, alpha));
            modules.add(linear(block + attention + ".to_k", context, c, rank, alpha));
            modules.add(linear(block + attention + ".to_v", context, c, rank, alpha));
            modules.add(linear(block + attention + ".to_out.0", c, c, rank, alpha));
        }
        modules.add(linear(block + "ff.net.0.proj", c, 8 * c, rank, alpha));
        modules.add(linear(block + "ff.net.2", 4 * c, c, rank, alpha));
        modules.add(new LoraModule(name + ".proj_out", LoraModule.Kind.CONV1X1, c, c, rank, alpha));
    }
}
