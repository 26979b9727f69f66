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
import org.loraspark.tensor.HeadWeight;
import org.loraspark.tensor.PackedStates;
import org.loraspark.tensor.Tensor;

/**
 * BLIP's text decoder: BERT (Devlin et al. 2019) with causal attention and, in every layer, attention to the picture.
 * Normalisation after each part; no token types.
 *
 * <p>A picture's keys and values are not made. With W_h a head's rows of a matrix, a score is q_h · W_h x = (q_h W_h) · x and a
 * result W_h Σ p x (Liu et al. 2024 call the matrices absorbed), so all heads, beams and layers attend to the same states x.
 * That multiplies less for {@code tokens * beams} below a head's width, and reads one array where it would read two for each
 * layer. The keys' bias adds the same to all scores of a query and so nothing to their softmax.
 */
public final class TextDecoder {
    /** The model's name before every layer's. */
    public static final String NAME = "text_decoder";

    /** LN(x + W attention + b) of the text to itself. */
    private record SelfAttention(Linear query, Linear key, Linear value, Linear out, LayerNorm norm) {
        /**
         * @param x {@code [sequences, tokens, dim]}
         * @param first row of the first token's key and value
         * @param seen rows that each sequence attends to, when it has read something before
         */
        Var forward(Pass pass, DecoderMemory.Layer memory, Var x, int first, int[] seen, int heads) {
            Tape tape = pass.tape();
            Engine engine = tape.engine();
            Var q = query.forward(pass, x);
            Var k = key.forward(pass, x);
            Var v = value.forward(pass, x);
            DecoderMemory.store(engine, k.value(), memory.keys(), first);
            DecoderMemory.store(engine, v.value(), memory.values(), first);
            Var attended = seen.length == 0
                    ? Attentions.attention(q, k, v, heads, true)
                    : tape.constant(engine.rowAttention(q.value(), memory.keys(), memory.values(), seen, heads));
            return norm.forward(out.addTo(x, pass, attended));
        }
    }

    /** LN(x + W attention + b) of the text to its picture. */
    private record CrossAttention(
            Linear query, HeadWeight key, HeadWeight value, Tensor valueBias, Linear out, LayerNorm norm) {
        /** @param x {@code [sequences, tokens, dim]}, the sequences of a picture together */
        Var forward(Pass pass, PackedStates image, Var x) {
            Engine engine = pass.tape().engine();
            Tensor q = query.forward(pass, x).value();
            Tensor absorbed = engine.headLinearTransposed(q, key, 1 / Math.sqrt(key.width()));
            long queries = absorbed.size() / (image.batch() * key.in());
            Tensor looked = engine.attend(absorbed.reshape(image.batch(), queries, key.in()), image);
            Tensor values = engine.headLinear(looked.reshape(absorbed.shape()), value);
            Var attended = pass.tape().constant(engine.add(values, valueBias));
            return norm.forward(out.addTo(x, pass, attended));
        }
    }

    private final class Layer {
        private final SelfAttention self;
        private final CrossAttention cross;
        private final Linear intermediate;
        private final Linear output;
        private final LayerNorm norm;

        Layer(Layers layers, String name, int imageDim) {
            int dim = config.hiddenSize();
            this.self = self(layers, name + ".attention");
            this.cross = cross(layers, name + ".crossattention", imageDim);
            this.intermediate = layers.linear(name + ".intermediate.dense", dim, config.intermediateSize());
            this.output = layers.linear(name + ".output.dense", config.intermediateSize(), dim);
            this.norm = norm(layers, name + ".output.LayerNorm");
        }

        private SelfAttention self(Layers layers, String name) {
            int dim = config.hiddenSize();
            return new SelfAttention(
                    layers.linear(name + ".self.query", dim, dim),
                    layers.linear(name + ".self.key", dim, dim),
                    layers.linear(name + ".self.value", dim, dim),
                    layers.linear(name + ".output.dense", dim, dim),
                    norm(layers, name + ".output.LayerNorm"));
        }

        private CrossAttention cross(Layers layers, String name, int imageDim) {
            int dim = config.hiddenSize();
            // A part of the model that changes nothing.
            layers.values(name + ".self.key.bias", dim);
            return new CrossAttention(
                    layers.linear(name + ".self.query", dim, dim),
                    layers.heads(name + ".self.key", imageDim, dim, config.heads()),
                    layers.heads(name + ".self.value", imageDim, dim, config.heads()),
                    layers.exact(name + ".self.value.bias", dim),
                    layers.linear(name + ".output.dense", dim, dim),
                    norm(layers, name + ".output.LayerNorm"));
        }

        private LayerNorm norm(Layers layers, String name) {
            return layers.layerNorm(name, config.hiddenSize(), config.layerNormEps());
        }

        Var forward(Pass pass, PackedStates image, DecoderMemory.Layer memory, Var x, int first, int[] seen) {
            Var h = self.forward(pass, memory, x, first, seen, config.heads());
            Var g = cross.forward(pass, image, h);
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
        for (int i = 0; i < layers.size(); i++) {
            memory.add(new DecoderMemory.Layer(
                    engine.empty(tokens, config.hiddenSize()), engine.empty(tokens, config.hiddenSize())));
        }
        return new DecoderMemory(engine.packStates(imageStates.value()), memory, tokens);
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
            x = tape.block(() -> layer.forward(pass, memory.image(), layerMemory, input, first, seen));
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
