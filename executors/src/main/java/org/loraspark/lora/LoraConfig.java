package org.loraspark.lora;

import java.io.Serializable;
import java.util.List;
import org.loraspark.nn.Layers;

/**
 * What an adapter looks like before it is trained.
 *
 * @param rank r, at least 1
 * @param alpha numerator of the scale alpha/r, or of alpha/sqrt(r) with {@code rslora}
 * @param dropout probability with which a channel of the rank vector is dropped in training (kohya's network dropout)
 * @param rslora rank-stabilised scale (Kalajdzievski 2023)
 */
public record LoraConfig(int rank, double alpha, double dropout, boolean rslora) implements Serializable {
    public LoraConfig {
        if (rank < 1) {
            throw new IllegalArgumentException("rank must be at least 1, got " + rank);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must be in [0, 1), got " + dropout);
        }
    }

    /** The layout for the given target matrices, in their order. */
    public LoraLayout layout(List<Layers.Matrix> targets) {
        double stored = rslora ? alpha * Math.sqrt(rank) : alpha;
        return new LoraLayout(targets.stream()
                .map(t -> new LoraModule(
                        t.name(),
                        t.convolution() ? LoraModule.Kind.CONV1X1 : LoraModule.Kind.LINEAR,
                        t.in(),
                        t.out(),
                        rank,
                        stored))
                .toList());
    }
}
