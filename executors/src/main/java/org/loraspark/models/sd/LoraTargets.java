package org.loraspark.models.sd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.loraspark.nn.Layers;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.meta.MetaEngine;

/**
 * What kohya's tools train by default: in the UNet every matrix and 1x1 convolution inside a transformer (192 in Stable
 * Diffusion 1.x), in the text encoder every matrix of its attention and MLP (72).
 */
public final class LoraTargets {
    private LoraTargets() {}

    /** The targets in the models' own order, the UNet's first. */
    public static List<Layers.Matrix> of(UNetConfig unet, TextEncoderConfig text, boolean textEncoder) {
        List<Layers.Matrix> targets = new ArrayList<>();
        matrices(UNet.NAME, layers -> new UNet(layers, unet)).stream()
                .filter(m -> m.name().contains(".attentions."))
                .forEach(targets::add);
        if (textEncoder) {
            targets.addAll(matrices(TextEncoder.NAME, layers -> new TextEncoder(layers, text)));
        }
        return targets;
    }

    private static List<Layers.Matrix> matrices(String name, Consumer<Layers> model) {
        Layers layers = new Layers(new MetaEngine(DType.F32), (weight, shape) -> MetaEngine.placeholder(shape), name);
        model.accept(layers);
        return layers.matrices();
    }
}
