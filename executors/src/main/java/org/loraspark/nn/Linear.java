package org.loraspark.nn;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.grad.Activations;
import org.loraspark.grad.Matrices;
import org.loraspark.grad.Var;
import org.loraspark.tensor.LinearWeight;

/**
 * y = x Wᵀ + b plus its adapter's share: {@code [..., in] -> [..., out]}. A 1x1 convolution is the same product, since
 * feature maps keep their channels last.
 */
public record Linear(String name, LinearWeight weight) {
    public Var forward(Pass pass, Var x) {
        return adapted(pass, x, Matrices.linear(x, weight));
    }

    /** residual + y. */
    public Var addTo(Var residual, Pass pass, Var x) {
        return adapted(pass, x, Matrices.linearAdd(x, weight, residual));
    }

    private Var adapted(Pass pass, Var x, Var y) {
        return pass.seen(name, pass.adapters().adapt(name, x, y));
    }

    /** The outputs of several layers of one input, adapted together. */
    public static List<Var> forward(Pass pass, Var x, Linear... layers) {
        List<String> names = new ArrayList<>();
        List<Var> outputs = new ArrayList<>();
        for (Linear layer : layers) {
            names.add(layer.name());
            outputs.add(Matrices.linear(x, layer.weight()));
        }
        List<Var> adapted = pass.adapters().adapt(names, x, outputs);
        for (int i = 0; i < layers.length; i++) {
            pass.seen(names.get(i), adapted.get(i));
        }
        return adapted;
    }

    /** gelu(y), in one kernel where nothing else needs y. */
    public Var gelu(Pass pass, Var x) {
        boolean alone = pass.adapters() == Adapters.NONE && !x.requiresGrad();
        return alone ? Matrices.linearGelu(x, weight) : Activations.gelu(forward(pass, x));
    }
}
