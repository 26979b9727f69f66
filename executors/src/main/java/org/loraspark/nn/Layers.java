package org.loraspark.nn;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.tensor.ConvShape;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HeadWeight;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Tensor;

/**
 * Makes a model's layers from its weights and remembers the matrices among them, which are what LoRA can adapt. With an
 * engine that computes only shapes it tells which weights a model needs before any is read.
 */
public final class Layers {
    /**
     * A matrix that can be adapted.
     *
     * @param name the model's name and the layer's dotted path
     * @param convolution stored as a 1x1 convolution
     */
    public record Matrix(String name, long in, long out, boolean convolution) {}

    private final Engine engine;
    private final Weights weights;
    private final String model;
    private final List<Matrix> matrices = new ArrayList<>();

    /** @param model the model's name, before every layer's: {@code unet}, {@code text_encoder} */
    public Layers(Engine engine, Weights weights, String model) {
        this.engine = engine;
        this.weights = weights;
        this.model = model;
    }

    public Engine engine() {
        return engine;
    }

    /** All matrices so far, in the order in which they were made. */
    public List<Matrix> matrices() {
        return List.copyOf(matrices);
    }

    public Linear linear(String name, long in, long out) {
        return linear(name, in, out, weights.get(name + ".weight", out, in), false, true);
    }

    public Linear linearWithoutBias(String name, long in, long out) {
        return linear(name, in, out, weights.get(name + ".weight", out, in), false, false);
    }

    /** A 1x1 convolution with bias, as the product that it is. */
    public Linear conv1x1(String name, long in, long out) {
        HostTensor weight = weights.get(name + ".weight", out, in, 1, 1);
        return linear(name, in, out, weight.reshape(out, in), true, true);
    }

    /** Matrices of one size which the file stores as one, {@code [parts * out, in]}: a product for each. */
    public List<Linear> linears(String name, long in, long out, int parts) {
        HostTensor weight = weights.get(name + ".weight", parts * out, in);
        HostTensor bias = weights.get(name + ".bias", parts * out);
        List<Linear> linears = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            linears.add(new Linear(
                    qualified(name) + "." + i,
                    engine.linearWeight(weight.rows(i * out, out), bias.rows(i * out, out))));
        }
        return linears;
    }

    /** A matrix without its bias, for products with each head's rows of it. */
    public HeadWeight heads(String name, long in, long out, int heads) {
        return engine.headWeight(weights.get(name + ".weight", out, in), heads);
    }

    /**
     * A convolution whose kernel moves by its own size, without its bias, as a product with unfolded patches {@code
     * [..., in * kernel * kernel]}, channel by channel.
     */
    public Linear patches(String name, long in, long out, int kernel) {
        HostTensor weight = weights.get(name + ".weight", out, in, kernel, kernel);
        return new Linear(qualified(name), engine.linearWeight(weight.reshape(out, in * kernel * kernel)));
    }

    public Conv2d conv2d(String name, long in, long out, int kernel, ConvShape shape) {
        return new Conv2d(
                qualified(name),
                engine.convWeight(
                        weights.get(name + ".weight", out, in, kernel, kernel),
                        weights.get(name + ".bias", out),
                        shape));
    }

    /** A 3x3 convolution behind a twofold enlargement. */
    public UpsampleConv2d upsampleConv2d(String name, long channels) {
        return new UpsampleConv2d(
                qualified(name),
                engine.upsampleConvWeight(
                        weights.get(name + ".weight", channels, channels, 3, 3),
                        weights.get(name + ".bias", channels)));
    }

    public GroupNorm groupNorm(String name, int groups, long channels, double eps) {
        return new GroupNorm(groups, exact(name + ".weight", channels), exact(name + ".bias", channels), eps);
    }

    public LayerNorm layerNorm(String name, long dim, double eps) {
        return new LayerNorm(exact(name + ".weight", dim), exact(name + ".bias", dim), eps);
    }

    /** An embedding table of the given shape. */
    public Tensor vector(String name, long... shape) {
        return engine.freeze(weights.get(name, shape));
    }

    /** Values as they are stored, for a model that freezes something made of them. */
    public HostTensor values(String name, long... shape) {
        return weights.get(name, shape);
    }

    /** A vector of the master type. */
    public Tensor exact(String name, long size) {
        return engine.freezeExact(weights.get(name, size));
    }

    private Linear linear(String name, long in, long out, HostTensor weight, boolean convolution, boolean bias) {
        String qualified = qualified(name);
        matrices.add(new Matrix(qualified, in, out, convolution));
        return new Linear(
                qualified,
                bias ? engine.linearWeight(weight, weights.get(name + ".bias", out)) : engine.linearWeight(weight));
    }

    private String qualified(String name) {
        return model + "." + name;
    }
}
