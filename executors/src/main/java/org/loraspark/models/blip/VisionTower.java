package org.loraspark.models.blip;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.grad.Attentions;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.nn.LayerNorm;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Tensor;

/**
 * BLIP's vision transformer (Dosovitskiy et al. 2021; Li et al. 2022): a class token and one token for each patch,
 * normalisation before each part.
 *
 * <p>The class token is a patch of zeros here, and what it stands for is added with the positions: so a picture becomes
 * tokens by one product and one sum.
 */
public final class VisionTower {
    /** The model's name before every layer's. */
    public static final String NAME = "vision_model";

    private static final int CHANNELS = 3;

    private final class Layer {
        private final LayerNorm norm1;
        private final List<Linear> queryKeyValue;
        private final Linear projection;
        private final LayerNorm norm2;
        private final Linear fc1;
        private final Linear fc2;

        Layer(Layers layers, String name) {
            int dim = config.hiddenSize();
            this.norm1 = layers.layerNorm(name + ".layer_norm1", dim, config.layerNormEps());
            this.queryKeyValue = layers.linears(name + ".self_attn.qkv", dim, dim, 3);
            this.projection = layers.linear(name + ".self_attn.projection", dim, dim);
            this.norm2 = layers.layerNorm(name + ".layer_norm2", dim, config.layerNormEps());
            this.fc1 = layers.linear(name + ".mlp.fc1", dim, config.intermediateSize());
            this.fc2 = layers.linear(name + ".mlp.fc2", config.intermediateSize(), dim);
        }

        Var attention(Pass pass, Var x) {
            Var n = norm1.forward(x);
            Var attended = Attentions.attention(
                    queryKeyValue.get(0).forward(pass, n),
                    queryKeyValue.get(1).forward(pass, n),
                    queryKeyValue.get(2).forward(pass, n),
                    config.heads(),
                    false);
            return projection.addTo(x, pass, attended);
        }

        Var mlp(Pass pass, Var x) {
            Var hidden = fc1.gelu(pass, norm2.forward(x));
            return fc2.addTo(x, pass, hidden);
        }
    }

    private final BlipConfig.Vision config;
    private final Linear patchEmbedding;
    private final Tensor positions; // [(1 + patches) * dim]
    private final List<Layer> layers = new ArrayList<>();
    private final LayerNorm finalNorm;

    public VisionTower(Layers source, BlipConfig.Vision config) {
        this.config = config;
        int dim = config.hiddenSize();
        this.patchEmbedding = source.patches("embeddings.patch_embedding", CHANNELS, dim, config.patchSize());
        this.positions = source.engine().freeze(positions(source, config));
        for (int i = 0; i < config.layers(); i++) {
            layers.add(new Layer(source, "encoder.layers." + i));
        }
        this.finalNorm = source.layerNorm("post_layernorm", dim, config.layerNormEps());
    }

    /** Everything that is added to the patches' products: positions, the class token, the convolution's bias. */
    private static HostTensor positions(Layers source, BlipConfig.Vision config) {
        int dim = config.hiddenSize();
        int tokens = 1 + config.patches();
        float[] classToken =
                source.values("embeddings.class_embedding", 1, 1, dim).toFloats();
        float[] bias = source.values("embeddings.patch_embedding.bias", dim).toFloats();
        float[] sums =
                source.values("embeddings.position_embedding", 1, tokens, dim).toFloats();
        for (int i = 0; i < sums.length; i++) {
            sums[i] += i < dim ? classToken[i] : bias[i % dim];
        }
        return HostTensor.of(sums, sums.length);
    }

    public BlipConfig.Vision config() {
        return config;
    }

    /**
     * @param pictures normalised, each {@code [3, imageSize, imageSize]}
     * @return the states of all tokens, {@code [batch, 1 + patches, hiddenSize]}, the class token's first
     */
    public Var forward(Pass pass, List<float[]> pictures) {
        Tape tape = pass.tape();
        Engine engine = tape.engine();
        long tokens = 1 + config.patches();
        Var x = tape.block(() -> {
            Var unfolded = tape.constant(engine.upload(unfold(pictures), pictures.size(), tokens, patchValues()));
            Tensor products = patchEmbedding.forward(pass, unfolded).value();
            long picture = tokens * config.hiddenSize();
            return tape.constant(engine.add(products.reshape(pictures.size(), picture), positions)
                    .reshape(pictures.size(), tokens, config.hiddenSize()));
        });
        for (Layer layer : layers) {
            Var input = x;
            Var attended = tape.block(() -> layer.attention(pass, input));
            x = tape.block(() -> layer.mlp(pass, attended));
        }
        return finalNorm.forward(x);
    }

    private int patchValues() {
        return CHANNELS * config.patchSize() * config.patchSize();
    }

    /** {@code [batch, 1 + patches, 3 * patchSize * patchSize]}; the class token's place stays zero. */
    private float[] unfold(List<float[]> pictures) {
        int size = config.imageSize();
        int patch = config.patchSize();
        int side = size / patch;
        float[] unfolded = new float[pictures.size() * (1 + config.patches()) * patchValues()];
        int to = 0;
        for (float[] picture : pictures) {
            to += patchValues();
            for (int row = 0; row < side; row++) {
                for (int column = 0; column < side; column++) {
                    for (int line = 0; line < CHANNELS * patch; line++) {
                        int y = line / patch * size + row * patch + line % patch;
                        System.arraycopy(picture, y * size + column * patch, unfolded, to, patch);
                        to += patch;
                    }
                }
            }
        }
        return unfolded;
    }
}
