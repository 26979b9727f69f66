package org.loraspark.nn;

import java.util.List;
import org.loraspark.grad.Var;

/** What is added to the output of adapted layers in one pass. */
@FunctionalInterface
public interface Adapters {
    Adapters NONE = (layers, x, ys) -> ys;

    /**
     * Adapts layers of one input together, so that they can share its products.
     *
     * @param layers the layers' full names
     * @param x their input {@code [..., in]}
     * @param ys their outputs {@code [..., out]}, which no other operation has seen: they may be changed in place
     * @return each y plus the adapter's share, or y itself
     */
    List<Var> adapt(List<String> layers, Var x, List<Var> ys);

    /** Adapts one layer. */
    default Var adapt(String layer, Var x, Var y) {
        return adapt(List.of(layer), x, List.of(y)).get(0);
    }

    /** This one's share and then the other's. */
    default Adapters and(Adapters other) {
        return (layers, x, ys) -> other.adapt(layers, x, adapt(layers, x, ys));
    }
}
