package org.loraspark.train;

import java.util.Arrays;
import java.util.List;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraWeights;
import org.loraspark.lora.RankDropout;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Scope;

/**
 * The loss on held-out pictures: the mean over timesteps 200, 400, 600 and 800, with noise that depends on the picture and
 * the timestep alone. So the figures of two rounds, two runs or two ranks can be compared.
 */
public final class Validation implements AutoCloseable {
    private static final int[] TIMESTEPS = {200, 400, 600, 800};
    private static final long NOISE_SEED = 0;

    private final Scope scope;
    private final LoraAdapters adapters;
    private final DiffusionStep step;
    private final CaptionEncoder captions;
    private final double latentScale;

    public Validation(Engine engine, DiffusionModel model, LoraWeights weights, CaptionEncoder captions) {
        this.scope = engine.scope();
        this.adapters = new LoraAdapters(engine, weights.layout());
        this.adapters.load(weights.values());
        this.step = new DiffusionStep(engine, model, adapters, false);
        this.captions = captions;
        this.latentScale = model.latentScale();
    }

    /** Each picture's loss, in the order given; sum them in one fixed order. */
    public double[] losses(List<Example> examples) {
        return examples.stream().mapToDouble(this::loss).toArray();
    }

    private double loss(Example e) {
        int n = TIMESTEPS.length;
        int size = e.mean().length;
        float[] latents = new float[n * size];
        float[] noise = new float[n * size];
        int[][] tokenIds = new int[n][];
        Arrays.fill(tokenIds, captions.tokenIds(e, 0));
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < size; k++) {
                latents[i * size + k] = (float) (e.mean()[k] * latentScale);
            }
            float[] drawn = AddressedRandom.at(NOISE_SEED, e.name(), TIMESTEPS[i], "validation")
                    .gaussians(size);
            System.arraycopy(drawn, 0, noise, i * size, size);
        }
        DiffusionBatch batch = new DiffusionBatch(e.height(), e.width(), latents, noise, TIMESTEPS.clone(), tokenIds);
        double loss = Arrays.stream(step.forward(batch).losses()).average().orElseThrow();
        if (!Double.isFinite(loss)) {
            String place = step.firstNotFinite(batch, RankDropout.NONE);
            throw new TrainingDivergedException("the validation loss on " + e.name() + " is not finite, first in the "
                    + (place.equals(DiffusionStep.LATENT) ? "" : "output of ") + place + "; lower train.learning-rate");
        }
        return loss;
    }

    @Override
    public void close() {
        scope.close();
    }
}
