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
import org.loraspark.tensor.KeyValues;
import org.loraspark.tensor.Tensor;

/**
 * BLIP's text decoder: BERT (Devlin et al. 2019) with causal attention and, in every layer, attention to the picture.
 * Normalisation after each part; no token types. All queries of one picture, of its beams too, attend to its states
 * together.
 */
public final class TextDecoder {
    /** The model's name before every layer's. */
    public static final String NAME = "text_decoder";

    /** LN(x + W attention + b), to the text itself or to the picture. */
    private record AttentionPart(Linear query, Linear key, Linear value, Linear out, LayerNorm norm) {
        Var close(Pass pass, Var x, Var attended) {
            return norm.forward(out.addTo(x, pass, attended));
        }
    }

    private final class Layer {
        private final AttentionPart self;
        private final AttentionPart cross;
        private final Linear intermediate;
        private final Linear output;
        private final LayerNorm norm;

        Layer(Layers layers, String name, int imageDim) {
            int dim = config.hiddenSize();
            this.self = attention(layers, name + ".attention", dim);
            this.cross = attention(layers, name + ".crossattention", imageDim);
            this.intermediate = layers.linear(name + ".intermediate.dense", dim, config.intermediateSize());
            this.output = layers.linear(name + ".output.dense", config.intermediateSize(), dim);
            this.norm = layers.layerNorm(name + ".output.LayerNorm", dim, config.layerNormEps());
        }

        private AttentionPart attention(Layers layers, String name, int keyDim) {
            int dim = config.hiddenSize();
            return new AttentionPart(
                    layers.linear(name + ".self.query", dim, dim),
                    layers.linear(name + ".self.key", keyDim, dim),
                    layers.linear(name + ".self.value", keyDim, dim),
                    layers.linear(name + ".output.dense", dim, dim),
                    layers.layerNorm(name + ".output.LayerNorm", dim, config.layerNormEps()));
        }

        KeyValues look(Pass pass, Var states) {
            Tape tape = pass.tape();
            Engine engine = tape.engine();
            int heads = config.heads();
            Var keys = tape.block(() ->
                    tape.output(engine.packKeys(cross.key.forward(pass, states).value(), heads)));
            Var values = tape.block(() -> tape.output(
                    engine.packValues(cross.value.forward(pass, states).value(), heads)));
            return new KeyValues(keys.value(), values.value(), states.dim(1), heads);
        }

        /**
         * @param x {@code [sequences, tokens, dim]}
         * @param first row of the first token's key and value
         * @param seen rows that each sequence attends to, when it has read something before
         */
        Var forward(Pass pass, DecoderMemory.Layer memory, Var x, int first, int[] seen) {
            Tape tape = pass.tape();
            Engine engine = tape.engine();
            Var q = self.query.forward(pass, x);
            Var k = self.key.forward(pass, x);
            Var v = self.value.forward(pass, x);
            DecoderMemory.store(engine, k.value(), memory.keys(), first);
            DecoderMemory.store(engine, v.value(), memory.values(), first);
            Var attended = seen.length == 0
                    ? Attentions.attention(q, k, v, config.heads(), true)
                    : tape.constant(
                            engine.rowAttention(q.value(), memory.keys(), memory.values(), seen, config.heads()));
            Var h = self.close(pass, x, attended);

            KeyValues image = memory.image();
            Tensor imageQuery = cross.query
                    .forward(pass, h)
                    .value()
                    .reshape(image.batch(), h.dim(0) * h.dim(1) / image.batch(), h.dim(2));
            Tensor looked = engine.attend(imageQuery, image).reshape(h.shape());
            Var g = cross.close(pass, h, tape.constant(looked));

            Var hidden = intermediate.gelu(pass, g);
            return norm.forward(output.addTo(g, pass, hidden));
        }
    }

    private final BlipConfig.Text config;
    private final Tensor tokenEmbedding; // [vocab, dim]
    private final Tensor positionEmbedding; // [positions, dim]
    private final LayerNorm embeddingNorm;
    private final List<Layer> layers = new ArrayList<>();
    private final Linear transform;
    private final LayerNorm transformNorm;
    private final Linear vocabulary;

    /** @param imageDim width of the image states */
    public TextDecoder(Layers source, BlipConfig.Text config, int imageDim) {
        this.config = config;
        int dim = config.hiddenSize();
        this.tokenEmbedding = source.vector("bert.embeddings.word_embeddings.weight", config.vocabSize(), dim);
        this.positionEmbedding =
                source.vector("bert.embeddings.position_embeddings.weight", config.maxPositions(), dim);
        this.embeddingNorm = source.layerNorm("bert.embeddings.LayerNorm", dim, config.layerNormEps());
        for (int i = 0; i < config.layers(); i++) {
            layers.add(new Layer(source, "bert.encoder.layer." + i, imageDim));
        }
        this.transform = source.linear("cls.predictions.transform.dense", dim, dim);
        this.transformNorm = source.layerNorm("cls.predictions.transform.LayerNorm", dim, config.layerNormEps());
        this.vocabulary = source.linear("cls.predictions.decoder", dim, config.vocabSize());
    }

    public BlipConfig.Text config() {
        return config;
    }

    /**
     * Looks at a batch of pictures.
     *
     * @param pass its tape holds the memory
     * @param imageStates {@code [pictures, image tokens, image dim]}
     * @param tokens how many will be read in all, over all sequences
     */
    public DecoderMemory look(Pass pass, Var imageStates, int tokens) {
        Engine engine = pass.tape().engine();
        List<DecoderMemory.Layer> memory = new ArrayList<>();
        for (Layer layer : layers) {
            memory.add(new DecoderMemory.Layer(
                    layer.look(pass, imageStates),
                    engine.empty(tokens, config.hiddenSize()),
                    engine.empty(tokens, config.hiddenSize())));
        }
        return new DecoderMemory(memory, tokens);
    }

    /**
     * Reads tokens on and scores what may follow. Token t of sequence s gets row {@code memory.rows() + s * tokens + t},
     * the rows as they were before.
     *
     * @param ids {@code [sequences][tokens]}; the sequences of one picture stand together, as many for each
     * @param past {@code [sequences][n]}, the rows of what each sequence has read before; when there are some, one token
     *     is read
     * @return scores of the token after the last, {@code [sequences, vocab]}
     */
    public Var forward(Pass pass, DecoderMemory memory, int[][] ids, int[][] past) {
        Tape tape = pass.tape();
        int tokens = ids[0].length;
        int before = past[0].length;
        if (before > 0 && tokens > 1) {
            throw new IllegalArgumentException("one token at a time follows what was read, got " + tokens);
        }
        int first = memory.rows();
        memory.take(ids.length * tokens);
        int[] seen = before == 0 ? new int[0] : seen(past, first);
        Var x = tape.block(() -> embed(tape, ids, before));
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            DecoderMemory.Layer layerMemory = memory.layers().get(i);
            Var input = x;
            x = tape.block(() -> layer.forward(pass, layerMemory, input, first, seen));
        }
        Var last = lastTokens(x);
        return vocabulary.forward(pass, transformNorm.forward(transform.gelu(pass, last)));
    }

    /** Each sequence's earlier rows and its new one. */
    private static int[] seen(int[][] past, int first) {
        int n = past[0].length + 1;
        int[] seen = new int[past.length * n];
        for (int s = 0; s < past.length; s++) {
            System.arraycopy(past[s], 0, seen, s * n, n - 1);
            seen[s * n + n - 1] = first + s;
        }
        return seen;
    }

    private Var embed(Tape tape, int[][] ids, int before) {
        Engine engine = tape.engine();
        int tokens = ids[0].length;
        int[] flat = new int[ids.length * tokens];
        int[] positions = new int[flat.length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = ids[i / tokens][i % tokens];
            positions[i] = before + i % tokens;
        }
        Tensor sum = engine.add(engine.embedding(flat, tokenEmbedding), engine.embedding(positions, positionEmbedding));
        return embeddingNorm.forward(tape.constant(sum.reshape(ids.length, tokens, config.hiddenSize())));
    }

    /** {@code [sequences, tokens, dim] -> [sequences, dim]}. */
    private static Var lastTokens(Var x) {
        int sequences = (int) x.dim(0);
        int tokens = (int) x.dim(1);
        Tensor rows = x.value().reshape((long) sequences * tokens, x.dim(2));
        if (tokens == 1) {
            return x.tape().constant(rows);
        }
        int[] last = new int[sequences];
        for (int s = 0; s < sequences; s++) {
            last[s] = s * tokens + tokens - 1;
        }
        return x.tape().constant(x.tape().engine().embedding(last, rows));
    }
}
