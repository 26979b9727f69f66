package org.loraspark.models.blip;

import org.loraspark.models.ConfigJson;

/** A captioner's sizes from {@code config.json}; a missing key means BLIP base. */
public record BlipConfig(Vision vision, Text text) {
    /**
     * The vision transformer's sizes.
     *
     * @param imageSize pixels of each side
     * @param patchSize pixels of each side of a patch
     */
    public record Vision(
            int imageSize,
            int patchSize,
            int hiddenSize,
            int intermediateSize,
            int layers,
            int heads,
            double layerNormEps) {
        public int patches() {
            int side = imageSize / patchSize;
            return side * side;
        }
    }

    /**
     * The text decoder's sizes and its special tokens.
     *
     * @param start the first token of every text
     * @param end the last token of every text
     * @param pad stands where a text has ended
     */
    public record Text(
            int vocabSize,
            int hiddenSize,
            int intermediateSize,
            int layers,
            int heads,
            int maxPositions,
            double layerNormEps,
            int start,
            int end,
            int pad) {}

    /** BLIP base. */
    public static BlipConfig base() {
        return of(ConfigJson.empty("config.json"));
    }

    static BlipConfig of(ConfigJson json) {
        return new BlipConfig(vision(json.object("vision_config")), text(json.object("text_config")));
    }

    private static Vision vision(ConfigJson json) {
        json.only("hidden_act", "gelu");
        Vision vision = new Vision(
                json.integer("image_size", 384),
                json.integer("patch_size", 16),
                json.integer("hidden_size", 768),
                json.integer("intermediate_size", 3072),
                json.integer("num_hidden_layers", 12),
                json.integer("num_attention_heads", 12),
                json.number("layer_norm_eps", 1e-5));
        if (vision.patchSize() < 1 || vision.imageSize() % vision.patchSize() != 0) {
            throw json.wrong("image_size", "a multiple of patch_size, " + vision.patchSize() + ", is needed");
        }
        requireHeads(json, vision.hiddenSize(), vision.heads());
        return vision;
    }

    private static Text text(ConfigJson json) {
        json.only("hidden_act", "gelu");
        Text text = new Text(
                json.integer("vocab_size", 30524),
                json.integer("hidden_size", 768),
                json.integer("intermediate_size", 3072),
                json.integer("num_hidden_layers", 12),
                // The library's own default, 8, is known to be wrong for the published models.
                json.integer("num_attention_heads", 12),
                json.integer("max_position_embeddings", 512),
                json.number("layer_norm_eps", 1e-12),
                json.integer("bos_token_id", 30522),
                json.integer("sep_token_id", 102),
                json.integer("pad_token_id", 0));
        requireHeads(json, text.hiddenSize(), text.heads());
        return text;
    }

    private static void requireHeads(ConfigJson json, int hiddenSize, int heads) {
        if (heads < 1 || hiddenSize % heads != 0) {
            throw json.wrong("num_attention_heads", "a divisor of hidden_size, " + hiddenSize + ", is needed");
        }
    }
}
