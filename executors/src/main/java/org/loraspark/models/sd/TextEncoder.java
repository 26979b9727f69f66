package org.loraspark.models.sd;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.grad.Activations;
import org.loraspark.grad.Attentions;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.nn.LayerNorm;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Tensor;

/** CLIP's text transformer (Radford et al. 2021): causal attention, normalisation before each part. */
public final class TextEncoder {
    /** The model's name before every layer's. */
    public static final String NAME = "text_encoder";

    private final class Layer {
        private final LayerNorm norm1;
        private final Linear query;
        private final Linear key;
        private final Linear value;
        private final Linear out;
        private final LayerNorm norm2;
        private final Linear fc1;
        private final Linear fc2;

        Layer(Layers layers, String name) {
            int dim = config.hiddenSize();
            this.norm1 = layers.layerNorm(name + ".layer_norm1", dim, config.layerNormEps());
            this.query = layers.linear(name + ".self_attn.q_proj", dim, dim);
            this.key = layers.linear(name + ".self_attn.k_proj", dim, dim);
            this.value = layers.linear(name + ".self_attn.v_proj", dim, dim);
            this.out = layers.linear(name + ".self_attn.out_proj", dim, dim);
            this.norm2 = layers.layerNorm(name + ".layer_norm2", dim, config.layerNormEps());
            this.fc1 = layers.linear(name + ".mlp.fc1", dim, config.intermediateSize());
            this.fc2 = layers.linear(name + ".mlp.fc2", config.intermediateSize(), dim);
        }

        Var forward(Pass pass, Var x) {
            Var h = pass.tape().block(() -> {
                List<Var> qkv = Linear.forward(pass, norm1.forward(x), query, key, value);
                Var attention = Attentions.attention(qkv.get(0), qkv.get(1), qkv.get(2), config.heads(), true);
                return out.addTo(x, pass, attention);
            });
            Var hidden = fc1.forward(pass, norm2.forward(h));
            Var active = config.quickGelu() ? Activations.quickGelu(hidden) : Activations.gelu(hidden);
            return fc2.addTo(h, pass, active);
        }
    }

    private final TextEncoderConfig config;
    private final Tensor tokenEmbedding; // [vocab, dim]
    private final Tensor positionEmbedding; // [positions, dim]
    private final List<Layer> layers = new ArrayList<>();
    private final LayerNorm finalNorm;

    public TextEncoder(Layers source, TextEncoderConfig config) {
        this.config = config;
        int dim = config.hiddenSize();
        this.tokenEmbedding = source.vector("text_model.embeddings.token_embedding.weight", config.vocabSize(), dim);
        this.positionEmbedding =
                source.vector("text_model.embeddings.position_embedding.weight", config.maxPositions(), dim);
        for (int i = 0; i < config.layers(); i++) {
            layers.add(new Layer(source, "text_model.encoder.layers." + i));
        }
        this.finalNorm = source.layerNorm("text_model.final_layer_norm", dim, config.layerNormEps());
    }

    public TextEncoderConfig config() {
        return config;
    }

    /**
     * @param ids token ids of each text, all of one length, at most {@link TextEncoderConfig#maxPositions}
     * @param clipSkip 1 takes the last layer's states, 2 those of the layer before; both go through the final norm
     * @return {@code [batch, tokens, hiddenSize]}
     */
    public Var forward(Pass pass, int[][] ids, int clipSkip) {
        Tape tape = pass.tape();
        Var x = tape.constant(embed(tape.engine(), ids));
        for (int i = 0; i < layers.size() - (clipSkip - 1); i++) {
            Layer layer = layers.get(i);
            Var input = x;
            x = tape.segment(() -> layer.forward(pass, input), input);
        }
        return finalNorm.forward(x);
    }

    /** Token and position embeddings, {@code [batch, tokens, dim]}. */
    private Tensor embed(Engine engine, int[][] ids) {
        int tokens = ids[0].length;
        int[] flat = new int[ids.length * tokens];
        int[] positions = new int[flat.length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = ids[i / tokens][i % tokens];
            positions[i] = i % tokens;
        }
        return engine.add(engine.embedding(flat, tokenEmbedding), engine.embedding(positions, positionEmbedding))
                .reshape(ids.length, tokens, config.hiddenSize());
    }
}
