package org.loraspark.lora;

import java.io.Serializable;

/**
 * One adapted layer: delta W = scale * up · down with down (A) {@code [rank, in]} and up (B) {@code [out, rank]}.
 *
 * @param name the layer's dotted path in diffusers' naming behind the model's name: {@code
 *     unet.mid_block.attentions.0.proj_in}, {@code text_encoder.text_model.encoder.layers.0.mlp.fc1}
 * @param kind how the layer's weight lies in a file
 * @param alpha numerator of the scale; with rsLoRA already multiplied by sqrt(rank), so that alpha/rank is the scale
 *     for every reader (as LyCORIS stores it)
 */
public record LoraModule(String name, Kind kind, long in, long out, int rank, double alpha) implements Serializable {
    /** The layer's kind: a 1x1 convolution trains as a matrix and is stored as {@code [.., .., 1, 1]}. */
    public enum Kind {
        LINEAR,
        CONV1X1
    }

    public LoraModule {
        if (rank < 1) {
            throw new IllegalArgumentException("rank of " + name + " must be at least 1, got " + rank);
        }
    }

    /** alpha / rank. */
    public double scale() {
        return alpha / rank;
    }

    public long parameters() {
        return rank * (in + out);
    }

    public boolean isUnet() {
        return name.startsWith("unet.");
    }
}
