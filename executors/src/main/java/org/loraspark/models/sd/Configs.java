package org.loraspark.models.sd;

import java.util.List;
import org.loraspark.models.ConfigJson;

/** The networks' sizes from the {@code config.json} of a diffusers folder. */
final class Configs {
    private static final String MODEL = "Stable Diffusion 1.x";

    private Configs() {}

    static UNetConfig unet(ConfigJson json) {
        refuseRelatives(json);
        json.only("act_fn", "silu");
        json.only("time_embedding_type", "positional");
        json.only("resnet_time_scale_shift", "default");
        json.only("flip_sin_to_cos", "true");
        json.only("freq_shift", "0");
        json.only("transformer_layers_per_block", "1");
        json.only("mid_block_type", "UNetMidBlock2DCrossAttn");
        json.absent("class_embed_type", MODEL);
        json.absent("encoder_hid_dim_type", MODEL);
        json.absent("num_class_embeds", MODEL);
        json.absent("time_cond_proj_dim", MODEL);
        json.only("center_input_sample", "false");
        json.only("dual_cross_attention", "false");
        json.only("only_cross_attention", "false");
        List<Integer> widths = json.integers("block_out_channels");
        // The key is misnamed: Stable Diffusion 1.x stores the number of heads there.
        String heads = json.isMissing("num_attention_heads") ? "attention_head_dim" : "num_attention_heads";
        UNetConfig config = new UNetConfig(
                4,
                4,
                widths,
                json.integer("layers_per_block", 2),
                json.integersOrOne(heads, widths.size()),
                json.integer("cross_attention_dim"),
                json.integer("norm_num_groups", 32),
                json.number("norm_eps", 1e-5),
                json.choices("down_block_types", "CrossAttnDownBlock2D", "DownBlock2D"),
                json.choices("up_block_types", "CrossAttnUpBlock2D", "UpBlock2D"),
                json.flag("use_linear_projection", false),
                json.integer("sample_size", 64));
        if (config.downAttention().size() != widths.size()
                || config.upAttention().size() != widths.size()
                || config.heads().size() != widths.size()) {
            throw json.wrong(
                    "block_out_channels",
                    "down_block_types, up_block_types and " + heads + " must have as many entries");
        }
        return config;
    }

    /** Names the models whose folders have the same networks in other sizes. */
    private static void refuseRelatives(ConfigJson json) {
        int context = json.integer("cross_attention_dim");
        int channels = json.integer("in_channels", 4);
        if (context == 1024) {
            throw json.wrong("cross_attention_dim", "it looks like Stable Diffusion 2.x; 1.x is supported");
        }
        if (context == 2048 || !json.isMissing("addition_embed_type")) {
            throw json.wrong("cross_attention_dim", "it looks like SDXL; Stable Diffusion 1.x is supported");
        }
        if (channels != 4) {
            throw json.wrong(
                    "in_channels",
                    (channels == 9 ? "it looks like an inpainting model; " : "") + "a model with 4 is supported");
        }
        json.only("out_channels", "4");
    }

    static TextEncoderConfig textEncoder(ConfigJson json) {
        String activation = json.text("hidden_act", "quick_gelu");
        if (!activation.equals("quick_gelu") && !activation.equals("gelu")) {
            throw json.wrong("hidden_act", "quick_gelu or gelu is supported");
        }
        return new TextEncoderConfig(
                json.integer("vocab_size"),
                json.integer("hidden_size"),
                json.integer("intermediate_size"),
                json.integer("num_hidden_layers"),
                json.integer("num_attention_heads"),
                json.integer("max_position_embeddings", 77),
                json.number("layer_norm_eps", 1e-5),
                activation.equals("quick_gelu"));
    }

    static VaeConfig vae(ConfigJson json) {
        json.only("act_fn", "silu");
        json.only("in_channels", "3");
        json.only("out_channels", "3");
        json.only("latent_channels", "4");
        json.only("mid_block_add_attention", "true");
        json.only("use_quant_conv", "true");
        json.only("use_post_quant_conv", "true");
        json.absent("shift_factor", MODEL);
        json.absent("latents_mean", MODEL);
        return new VaeConfig(
                4,
                json.integers("block_out_channels"),
                json.integer("layers_per_block", 2),
                json.integer("norm_num_groups", 32),
                json.number("scaling_factor", 0.18215));
    }

    static NoiseSchedule schedule(ConfigJson json) {
        json.only("beta_schedule", "scaled_linear");
        json.only("prediction_type", "epsilon");
        json.absent("trained_betas", MODEL);
        return new NoiseSchedule(
                json.number("beta_start", 0.00085),
                json.number("beta_end", 0.012),
                json.integer("num_train_timesteps", 1000));
    }
}
