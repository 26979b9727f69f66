package org.loraspark.nn;

import org.loraspark.grad.Var;

/** What is added to the output of adapted layers in one pass. */
@FunctionalInterface
public interface Adapters {
    Adapters NONE = (layer, x, y) -> y;

    /**
     * @param layer the layer's full name
     * @param x its input {@code [..., in]}
     * @param y its output {@code [..., out]}, which no other operation has seen: it may be changed in place
     * @return y plus the adapter's share, or y itself
     */
    Var adapt(String layer, Var x, Var y);

    /** This one's share and then the other's. */
    default Adapters and(Adapters other) {
        return (layer, x, y) -> other.adapt(layer, x, adapt(layer, x, y));
    }
}
