package org.loraspark.lora;

import java.io.Serializable;
import java.util.Arrays;

/**
 * The named A/B pairs of an adapter: what travels between driver and executors, and what a file holds.
 *
 * @param layout names, shapes, scales
 * @param values all parameters in the layout's order; owned by whoever made the record, not copied
 */
public record LoraWeights(LoraLayout layout, float[] values) implements Serializable {
    public LoraWeights {
        if (values.length != layout.size()) {
            throw new IllegalArgumentException(
                    "the layout has " + layout.size() + " parameters, got " + values.length + " values");
        }
    }

    /** A copy of a module's A {@code [rank, in]}. */
    public float[] down(int module) {
        return Arrays.copyOfRange(values, layout.downOffset(module), layout.upOffset(module));
    }

    /** A copy of a module's B {@code [out, rank]}. */
    public float[] up(int module) {
        return Arrays.copyOfRange(values, layout.upOffset(module), layout.end(module));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LoraWeights that && layout.equals(that.layout) && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * layout.hashCode() + Arrays.hashCode(values);
    }
}
