package org.loraspark.models.sd;

/**
 * Sizes of the CLIP text encoder, under the names of {@code text_encoder/config.json}.
 *
 * @param quickGelu x·sigmoid(1.702x) in place of the exact GELU
 */
public record TextEncoderConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int maxPositions,
        double layerNormEps,
        boolean quickGelu) {
    /** CLIP ViT-L/14, as in Stable Diffusion 1.x. */
    public static TextEncoderConfig clipVitL14() {
        return new TextEncoderConfig(49408, 768, 3072, 12, 12, 77, 1e-5, true);
    }
}
