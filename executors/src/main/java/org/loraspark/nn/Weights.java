package org.loraspark.nn;

import org.loraspark.tensor.HostTensor;

/** Where a model's frozen weights come from: a checkpoint under the model's own names, whatever the file calls them. */
@FunctionalInterface
public interface Weights {
    /**
     * @param name the parameter's dotted path in diffusers' naming, without the model's own name
     * @param shape what the model needs
     * @return the values in exactly that shape
     */
    HostTensor get(String name, long... shape);
}
