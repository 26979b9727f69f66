package org.loraspark.lora;

import org.loraspark.tensor.AddressedRandom;

/**
 * An untrained adapter: A from Kaiming's uniform distribution with a = √5, which is U(-1/√in, 1/√in), and B zero, so that
 * the model starts as the base.
 */
public final class LoraInit {
    private LoraInit() {}

    /** Each module's A is drawn by its name: adding or removing another module does not change it. */
    public static LoraWeights weights(LoraLayout layout, long seed) {
        float[] values = new float[layout.size()];
        for (int i = 0; i < layout.modules().size(); i++) {
            LoraModule module = layout.modules().get(i);
            AddressedRandom random = AddressedRandom.at(seed, module.name(), 0, "lora-init");
            double bound = 1 / StrictMath.sqrt(module.in());
            for (int k = layout.downOffset(i); k < layout.upOffset(i); k++) {
                values[k] = (float) ((2 * random.nextDouble() - 1) * bound);
            }
        }
        return new LoraWeights(layout, values);
    }
}
