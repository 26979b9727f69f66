package org.loraspark.train;

import java.io.Serializable;
import java.util.Arrays;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraWeights;

/**
 * Everything that training needs to go on: what a round is broadcast with and what a checkpoint holds. Instances are
 * not changed once they are handed out.
 *
 * @param weights the adapter
 * @param firstMoment AdamW's m, one for each parameter
 * @param secondMoment AdamW's v
 * @param step optimizer steps done of the run, the same for every worker
 * @param samples pictures seen by all workers together
 */
public record TrainState(LoraWeights weights, float[] firstMoment, float[] secondMoment, long step, long samples)
        implements Serializable {
    /** An untrained adapter with empty moments. */
    public static TrainState start(LoraWeights weights) {
        int n = weights.layout().size();
        return new TrainState(weights, new float[n], new float[n], 0, 0);
    }

    public LoraLayout layout() {
        return weights.layout();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrainState that
                && weights.equals(that.weights)
                && Arrays.equals(firstMoment, that.firstMoment)
                && Arrays.equals(secondMoment, that.secondMoment)
                && step == that.step
                && samples == that.samples;
    }

    @Override
    public int hashCode() {
        return 31 * weights.hashCode() + Long.hashCode(step);
    }
}
