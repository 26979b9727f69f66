package org.loraspark.train;

import java.util.List;
import org.loraspark.lora.RankDropout;
import org.loraspark.tensor.AddressedRandom;

/** Inverted dropout of the rank vector, drawn by example, epoch and module. */
record AddressedRankDropout(Hyperparameters hp, List<Example> examples, int epoch) implements RankDropout {
    @Override
    public boolean active() {
        return hp.dropout() > 0;
    }

    @Override
    public float[] mask(int module, long rows, int rank) {
        float kept = (float) (1 / (1 - hp.dropout()));
        float[] mask = new float[Math.toIntExact(rows * rank)];
        int each = mask.length / examples.size();
        for (int e = 0; e < examples.size(); e++) {
            AddressedRandom random =
                    AddressedRandom.at(hp.seed(), examples.get(e).address(), epoch, "dropout/" + module);
            for (int i = e * each; i < (e + 1) * each; i++) {
                mask[i] = random.nextBoolean(hp.dropout()) ? 0 : kept;
            }
        }
        return mask;
    }
}
