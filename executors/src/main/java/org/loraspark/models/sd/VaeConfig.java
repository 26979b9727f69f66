package org.loraspark.models.sd;

import java.util.List;

/**
 * Sizes of the autoencoder, under the names of diffusers' {@code vae/config.json}.
 *
 * @param blockOutChannels width of each level
 * @param layersPerBlock resnets of an encoder level; the decoder has one more
 * @param scalingFactor what a latent is multiplied with before the UNet sees it
 */
public record VaeConfig(
        int latentChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        int normNumGroups,
        double scalingFactor) {
    /** Stable Diffusion 1.x. */
    public static VaeConfig stableDiffusion1() {
        return new VaeConfig(4, List.of(128, 256, 512, 512), 2, 32, 0.18215);
    }

    /** Pixels of one latent's side. */
    public int downscale() {
        return 1 << blockOutChannels.size() - 1;
    }
}
