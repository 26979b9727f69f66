package org.loraspark.train;

import java.util.List;
import org.loraspark.tensor.AddressedRandom;

/**
 * Draws a batch: mirrored or not, a latent from the VAE's distribution (or its mean), noise and timestep for each
 * example, all by the example's address.
 */
final class BatchMaker {
    private final Hyperparameters hp;
    private final CaptionEncoder captions;
    private final double latentScale;
    private final int timesteps;

    /**
     * @param latentScale the VAE's scaling factor
     * @param timesteps of the noise schedule
     */
    BatchMaker(Hyperparameters hp, CaptionEncoder captions, double latentScale, int timesteps) {
        this.hp = hp;
        this.captions = captions;
        this.latentScale = latentScale;
        this.timesteps = timesteps;
    }

    DiffusionBatch make(List<Example> examples, int epoch) {
        int n = examples.size();
        int size = examples.get(0).mean().length;
        float[] latents = new float[n * size];
        float[] noise = new float[n * size];
        int[] t = new int[n];
        int[][] tokenIds = new int[n][];
        for (int i = 0; i < n; i++) {
            Example e = examples.get(i);
            latent(e, epoch, latents, i * size);
            System.arraycopy(random(e, epoch, "noise").gaussians(size), 0, noise, i * size, size);
            t[i] = random(e, epoch, "timestep").nextInt(timesteps);
            tokenIds[i] = captions.tokenIds(e, epoch);
        }
        return new DiffusionBatch(examples.get(0).height(), examples.get(0).width(), latents, noise, t, tokenIds);
    }

    private void latent(Example e, int epoch, float[] latents, int offset) {
        boolean flipped = hp.flip() && random(e, epoch, "flip").nextBoolean(0.5);
        float[] mean = flipped ? e.flippedMean() : e.mean();
        float[] logVariance = flipped ? e.flippedLogVariance() : e.logVariance();
        AddressedRandom random = random(e, epoch, "latent");
        for (int k = 0; k < mean.length; k++) {
            double z = mean[k];
            if (hp.sampleLatents()) {
                z += StrictMath.exp(0.5 * logVariance[k]) * random.nextGaussian();
            }
            latents[offset + k] = (float) (z * latentScale);
        }
    }

    private AddressedRandom random(Example e, int epoch, String purpose) {
        return AddressedRandom.at(hp.seed(), e.address(), epoch, purpose);
    }
}
