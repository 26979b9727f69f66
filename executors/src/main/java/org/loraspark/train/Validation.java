package org.loraspark.train;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraWeights;
import org.loraspark.lora.RankDropout;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;

/**
 * The loss on held-out pictures: the mean over timesteps 200, 400, 600 and 800, with noise that depends on the picture and
 * the timestep alone. So the figures of two rounds, two runs or two ranks can be compared.
 */
public final class Validation {
    private static final int[] TIMESTEPS = {200, 400, 600, 800};
    private static final long NOISE_SEED = 0;

    /** Small pictures share a pass, up to what one of 512 x 512 needs: 64 x 64 latents. */
    private static final int LATENTS_OF_A_PASS = 64 * 64;

    private final LoraAdapters adapters;
    private final DiffusionStep step;
    private final CaptionEncoder captions;
    private final double latentScale;

    /** With memory of its own, which belongs to the engine's scope that is open now. */
    public Validation(Engine engine, DiffusionModel model, LoraLayout layout, CaptionEncoder captions) {
        this.adapters = new LoraAdapters(engine, layout);
        this.step = new DiffusionStep(engine, model, adapters, false);
        this.captions = captions;
        this.latentScale = model.latentScale();
    }

    /** In the memory of a trainer, whose weights are loaded again for its next step. */
    Validation(LoraAdapters adapters, DiffusionStep step, CaptionEncoder captions, double latentScale) {
        this.adapters = adapters;
        this.step = step;
        this.captions = captions;
        this.latentScale = latentScale;
    }

    /**
     * The mean of the pictures' losses, summed in the order of their names, whoever computed them.
     *
     * @param byName see {@link #losses}
     */
    public static double mean(SortedMap<String, Double> byName) {
        double sum = 0;
        for (double loss : byName.values()) {
            sum += loss;
        }
        return sum / byName.size();
    }

    /**
     * Each picture's loss, by name.
     *
     * @throws TrainingDivergedException when one is not finite
     */
    public TreeMap<String, Double> losses(LoraWeights weights, List<Example> examples) {
        adapters.load(weights.values());
        TreeMap<String, Double> byName = new TreeMap<>();
        int from = 0;
        while (from < examples.size()) {
            int to = from + 1;
            while (to < examples.size() && fits(examples, from, to)) {
                to++;
            }
            losses(examples.subList(from, to), byName);
            from = to;
        }
        return byName;
    }

    /** Whether a picture can join the pass of those before it. */
    private static boolean fits(List<Example> examples, int from, int next) {
        Example first = examples.get(from);
        Example e = examples.get(next);
        int latents = first.height() * first.width();
        return e.height() == first.height()
                && e.width() == first.width()
                && (next - from + 1) * latents <= LATENTS_OF_A_PASS;
    }

    private void losses(List<Example> examples, TreeMap<String, Double> byName) {
        int n = TIMESTEPS.length;
        DiffusionBatch batch = batch(examples);
        double[] losses = step.forward(batch).losses();
        for (int p = 0; p < examples.size(); p++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += losses[p * n + i];
            }
            String name = examples.get(p).name();
            if (!Double.isFinite(sum)) {
                throw diverged(name, batch(List.of(examples.get(p))));
            }
            byName.put(name, sum / n);
        }
    }

    /** All timesteps of each picture. */
    private DiffusionBatch batch(List<Example> examples) {
        Example first = examples.get(0);
        int n = TIMESTEPS.length;
        int size = first.mean().length;
        float[] latents = new float[examples.size() * n * size];
        float[] noise = new float[latents.length];
        int[] timesteps = new int[examples.size() * n];
        int[][] tokenIds = new int[timesteps.length][];
        int at = 0;
        for (Example e : examples) {
            int[] ids = captions.tokenIds(e, 0);
            for (int timestep : TIMESTEPS) {
                for (int k = 0; k < size; k++) {
                    latents[at * size + k] = (float) (e.mean()[k] * latentScale);
                }
                float[] drawn = AddressedRandom.at(NOISE_SEED, e.name(), timestep, "validation")
                        .gaussians(size);
                System.arraycopy(drawn, 0, noise, at * size, size);
                timesteps[at] = timestep;
                tokenIds[at] = ids;
                at++;
            }
        }
        return new DiffusionBatch(first.height(), first.width(), latents, noise, timesteps, tokenIds);
    }

    private TrainingDivergedException diverged(String picture, DiffusionBatch batch) {
        String place = step.firstNotFinite(batch, RankDropout.NONE);
        String first = place.isEmpty()
                ? ""
                : ", first in the " + (place.equals(DiffusionStep.LATENT) ? "" : "output of ") + place;
        return new TrainingDivergedException(
                "the validation loss on " + picture + " is not finite" + first + "; lower train.learning-rate");
    }
}
