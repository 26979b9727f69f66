package org.loraspark.models.sd;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.grad.Arithmetic;
import org.loraspark.grad.Attentions;
import org.loraspark.grad.Var;
import org.loraspark.nn.Conv2d;
import org.loraspark.nn.GroupNorm;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;
import org.loraspark.nn.UpsampleConv2d;
import org.loraspark.tensor.ConvShape;

/**
 * The autoencoder between pictures and latents (Rombach et al. 2022; diffusers' AutoencoderKL). Pictures are {@code [batch,
 * height, width, 3]} in [-1, 1]; latents are unscaled here: {@link VaeConfig#scalingFactor} is the caller's.
 */
public final class Vae {
    /** The model's name before every layer's. */
    public static final String NAME = "vae";

    private static final double EPS = 1e-6;

    /** Resnet, one-headed attention over all pixels, resnet. */
    private static final class Mid {
        private final ResnetBlock first;
        private final GroupNorm norm;
        private final Linear query;
        private final Linear key;
        private final Linear value;
        private final Linear out;
        private final ResnetBlock last;

        Mid(Layers layers, String name, int channels, int groups) {
            String attention = name + ".attentions.0";
            this.first = ResnetBlock.ofVae(layers, name + ".resnets.0", channels, channels, groups, EPS);
            this.norm = layers.groupNorm(attention + ".group_norm", groups, channels, EPS);
            this.query = layers.linear(attention + ".to_q", channels, channels);
            this.key = layers.linear(attention + ".to_k", channels, channels);
            this.value = layers.linear(attention + ".to_v", channels, channels);
            this.out = layers.linear(attention + ".to_out.0", channels, channels);
            this.last = ResnetBlock.ofVae(layers, name + ".resnets.1", channels, channels, groups, EPS);
        }

        Var forward(Pass pass, Var x) {
            Var h = pass.tape().block(() -> first.forward(pass, x));
            Var attended = pass.tape().block(() -> attention(pass, h));
            return pass.tape().block(() -> last.forward(pass, attended));
        }

        private Var attention(Pass pass, Var x) {
            long[] pixels = {x.dim(0), x.dim(1) * x.dim(2), x.dim(3)};
            Var n = Arithmetic.reshape(norm.forward(x), pixels);
            List<Var> qkv = Linear.forward(pass, n, query, key, value);
            Var h = Attentions.attention(qkv.get(0), qkv.get(1), qkv.get(2), 1, false);
            return Arithmetic.reshape(out.addTo(Arithmetic.reshape(x, pixels), pass, h), x.shape());
        }
    }

    /** @param resample what leads to the next level, if there is one */
    private record Level<R>(List<ResnetBlock> resnets, List<R> resample) {}

    private final VaeConfig config;
    private final Conv2d encoderIn;
    private final List<Level<Conv2d>> encoderLevels = new ArrayList<>();
    private final Mid encoderMid;
    private final GroupNorm encoderNorm;
    private final Conv2d encoderOut;
    private final Linear quant;
    private final Linear postQuant;
    private final Conv2d decoderIn;
    private final Mid decoderMid;
    private final List<Level<UpsampleConv2d>> decoderLevels = new ArrayList<>();
    private final GroupNorm decoderNorm;
    private final Conv2d decoderOut;

    public Vae(Layers layers, VaeConfig config) {
        this.config = config;
        List<Integer> widths = config.blockOutChannels();
        int groups = config.normNumGroups();
        int latent = config.latentChannels();
        int top = widths.size() - 1;

        this.encoderIn = layers.conv2d("encoder.conv_in", 3, widths.get(0), 3, ConvShape.same(3));
        int channels = widths.get(0);
        for (int level = 0; level <= top; level++) {
            String name = "encoder.down_blocks." + level;
            List<ResnetBlock> resnets = new ArrayList<>();
            for (int i = 0; i < config.layersPerBlock(); i++) {
                resnets.add(
                        ResnetBlock.ofVae(layers, name + ".resnets." + i, channels, widths.get(level), groups, EPS));
                channels = widths.get(level);
            }
            // Pads on the right and at the bottom only, unlike the UNet.
            ConvShape halve = new ConvShape(2, 0, 1, 0, 1);
            encoderLevels.add(new Level<>(
                    resnets,
                    level == top
                            ? List.of()
                            : List.of(layers.conv2d(name + ".downsamplers.0.conv", channels, channels, 3, halve))));
        }
        this.encoderMid = new Mid(layers, "encoder.mid_block", channels, groups);
        this.encoderNorm = layers.groupNorm("encoder.conv_norm_out", groups, channels, EPS);
        this.encoderOut = layers.conv2d("encoder.conv_out", channels, 2 * latent, 3, ConvShape.same(3));
        this.quant = layers.conv1x1("quant_conv", 2L * latent, 2L * latent);

        this.postQuant = layers.conv1x1("post_quant_conv", latent, latent);
        this.decoderIn = layers.conv2d("decoder.conv_in", latent, channels, 3, ConvShape.same(3));
        this.decoderMid = new Mid(layers, "decoder.mid_block", channels, groups);
        for (int block = 0; block <= top; block++) {
            String name = "decoder.up_blocks." + block;
            int width = widths.get(top - block);
            List<ResnetBlock> resnets = new ArrayList<>();
            for (int i = 0; i <= config.layersPerBlock(); i++) {
                resnets.add(ResnetBlock.ofVae(layers, name + ".resnets." + i, channels, width, groups, EPS));
                channels = width;
            }
            decoderLevels.add(new Level<>(
                    resnets,
                    block == top ? List.of() : List.of(layers.upsampleConv2d(name + ".upsamplers.0.conv", channels))));
        }
        this.decoderNorm = layers.groupNorm("decoder.conv_norm_out", groups, channels, EPS);
        this.decoderOut = layers.conv2d("decoder.conv_out", channels, 3, 3, ConvShape.same(3));
    }

    public VaeConfig config() {
        return config;
    }

    /**
     * @param image {@code [batch, height, width, 3]}
     * @return mean and, in the second half of the channels, logarithm of the variance (not clamped) of the latent's
     *     distribution: {@code [batch, height / 8, width / 8, 8]}
     */
    public Var encode(Pass pass, Var image) {
        Var x = encoderIn.forward(pass, image);
        for (Level<Conv2d> level : encoderLevels) {
            x = resnets(pass, level, x);
            for (Conv2d downsample : level.resample()) {
                x = downsample.forward(pass, x);
            }
        }
        Var last = encoderMid.forward(pass, x);
        return pass.tape().block(() -> quant.forward(pass, encoderOut.forward(pass, encoderNorm.silu(last))));
    }

    /**
     * @param latent unscaled {@code [batch, height, width, 4]}
     * @return {@code [batch, 8 height, 8 width, 3]}, about in [-1, 1]
     */
    public Var decode(Pass pass, Var latent) {
        Var x = decoderIn.forward(pass, postQuant.forward(pass, latent));
        x = decoderMid.forward(pass, x);
        for (Level<UpsampleConv2d> level : decoderLevels) {
            x = resnets(pass, level, x);
            for (UpsampleConv2d upsample : level.resample()) {
                Var small = x;
                x = pass.tape().block(() -> upsample.forward(pass, small, 2 * small.dim(1), 2 * small.dim(2)));
            }
        }
        Var last = x;
        return pass.tape().block(() -> decoderOut.forward(pass, decoderNorm.silu(last)));
    }

    private static Var resnets(Pass pass, Level<?> level, Var input) {
        Var x = input;
        for (ResnetBlock resnet : level.resnets()) {
            Var before = x;
            x = pass.tape().block(() -> resnet.forward(pass, before));
        }
        return x;
    }
}
