package org.loraspark.models.sd;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.loraspark.grad.Activations;
import org.loraspark.grad.Arithmetic;
import org.loraspark.grad.Var;
import org.loraspark.nn.Conv2d;
import org.loraspark.nn.GroupNorm;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Pass;
import org.loraspark.nn.UpsampleConv2d;
import org.loraspark.tensor.ConvShape;

/**
 * The noise predictor of Stable Diffusion 1.x (Rombach et al. 2022), diffusers' UNet2DConditionModel: levels of resnets
 * and transformers down to an eighth of the latent and up again, each layer on the way up seeing the output of its
 * partner on the way down.
 */
public final class UNet {
    /** The model's name before every layer's. */
    public static final String NAME = "unet";

    /** A resnet with the transformer after it, when the level has any. */
    private record Stage(ResnetBlock resnet, List<Transformer2D> transformers) {
        Var forward(Pass pass, Var x, Var time, Var text) {
            return pass.tape().segment(() -> run(pass, x, time, text), x, time, text);
        }

        /** Sees the output of its partner on the way down too. */
        Var forward(Pass pass, Var x, Var partner, Var time, Var text) {
            return pass.tape()
                    .segment(() -> run(pass, Arithmetic.concat(x, partner), time, text), x, partner, time, text);
        }

        private Var run(Pass pass, Var x, Var time, Var text) {
            Var h = resnet.forward(pass, x, time);
            for (Transformer2D transformer : transformers) {
                h = transformer.forward(pass, h, text);
            }
            return h;
        }
    }

    /** One level; {@code resample} halves or doubles the size after the stages, but for the last level. */
    private record Level<R>(List<Stage> stages, List<R> resample) {}

    private final Conv2d convIn;
    private final TimeEmbedding timeEmbedding;
    private final List<Level<Conv2d>> down = new ArrayList<>();
    private final Stage midFirst;
    private final ResnetBlock midLast;
    private final List<Level<UpsampleConv2d>> up = new ArrayList<>();
    private final GroupNorm normOut;
    private final Conv2d convOut;
    private final UNetConfig config;

    public UNet(Layers layers, UNetConfig config) {
        this.config = config;
        List<Integer> widths = config.blockOutChannels();
        int levels = config.levels();
        this.convIn = layers.conv2d("conv_in", config.inChannels(), widths.get(0), 3, ConvShape.same(3));
        this.timeEmbedding = new TimeEmbedding(layers, "time_embedding", widths.get(0), config.timeDim());

        Deque<Integer> skips = new ArrayDeque<>(List.of(widths.get(0)));
        int channels = widths.get(0);
        for (int level = 0; level < levels; level++) {
            String name = "down_blocks." + level;
            List<Stage> stages = new ArrayList<>();
            for (int i = 0; i < config.layersPerBlock(); i++) {
                boolean attention = config.downAttention().get(level);
                stages.add(stage(layers, name, i, channels, widths.get(level), attention, level));
                channels = widths.get(level);
                skips.push(channels);
            }
            boolean last = level == levels - 1;
            if (!last) {
                skips.push(channels);
            }
            down.add(new Level<>(
                    stages,
                    last
                            ? List.of()
                            : List.of(layers.conv2d(
                                    name + ".downsamplers.0.conv", channels, channels, 3, ConvShape.strided(2, 1)))));
        }

        int deepest = levels - 1;
        this.midFirst = stage(layers, "mid_block", 0, channels, channels, true, deepest);
        this.midLast = resnet(layers, "mid_block.resnets.1", channels, channels);

        for (int block = 0; block < levels; block++) {
            int level = levels - 1 - block;
            String name = "up_blocks." + block;
            List<Stage> stages = new ArrayList<>();
            for (int i = 0; i <= config.layersPerBlock(); i++) {
                boolean attention = config.upAttention().get(block);
                stages.add(stage(layers, name, i, channels + skips.pop(), widths.get(level), attention, level));
                channels = widths.get(level);
            }
            up.add(new Level<>(
                    stages,
                    level == 0 ? List.of() : List.of(layers.upsampleConv2d(name + ".upsamplers.0.conv", channels))));
        }
        this.normOut = layers.groupNorm("conv_norm_out", config.normNumGroups(), channels, config.normEps());
        this.convOut = layers.conv2d("conv_out", channels, config.outChannels(), 3, ConvShape.same(3));
    }

    public UNetConfig config() {
        return config;
    }

    /**
     * @param latents noisy latents {@code [batch, height, width, 4]}
     * @param timesteps of each picture, 0 to 999; between two of them for some samplers
     * @param text {@code [batch, tokens, crossAttentionDim]}
     * @return the predicted noise {@code [batch, height, width, 4]}
     */
    public Var forward(Pass pass, Var latents, double[] timesteps, Var text) {
        Var time = Activations.silu(timeEmbedding.forward(pass, timesteps));
        Var x = convIn.forward(pass, latents);
        Deque<Var> skips = new ArrayDeque<>(List.of(x));
        for (Level<Conv2d> level : down) {
            for (Stage stage : level.stages()) {
                x = stage.forward(pass, x, time, text);
                skips.push(x);
            }
            for (Conv2d downsample : level.resample()) {
                x = downsample.forward(pass, x);
                skips.push(x);
            }
        }
        x = midFirst.forward(pass, x, time, text);
        Var middle = x;
        x = pass.tape().segment(() -> midLast.forward(pass, middle, time), middle, time);
        for (Level<UpsampleConv2d> level : up) {
            for (Stage stage : level.stages()) {
                Var skip = skips.pop();
                x = stage.forward(pass, x, skip, time, text);
            }
            for (UpsampleConv2d upsample : level.resample()) {
                // An odd size was rounded up on the way down: the partner says which size to return to.
                Var partner = skips.element();
                Var small = x;
                x = pass.tape().block(() -> upsample.forward(pass, small, partner.dim(1), partner.dim(2)));
            }
        }
        Var last = x;
        return pass.tape().block(() -> convOut.forward(pass, normOut.silu(last)));
    }

    private Stage stage(Layers layers, String block, int i, int in, int out, boolean attention, int level) {
        ResnetBlock resnet = resnet(layers, block + ".resnets." + i, in, out);
        return new Stage(
                resnet,
                attention
                        ? List.of(new Transformer2D(
                                layers,
                                block + ".attentions." + i,
                                out,
                                config.heads().get(level),
                                config))
                        : List.of());
    }

    private ResnetBlock resnet(Layers layers, String name, int in, int out) {
        return ResnetBlock.ofUNet(layers, name, in, out, config.timeDim(), config.normNumGroups(), config.normEps());
    }
}
