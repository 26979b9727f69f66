package org.loraspark.models.sd;

import java.util.List;

/**
 * Sizes of a UNet, under the names of diffusers' {@code unet/config.json}.
 *
 * @param blockOutChannels width of each level
 * @param layersPerBlock resnets of a level on the way down; one more on the way up
 * @param heads attention heads of each level (the file calls it {@code attention_head_dim})
 * @param crossAttentionDim width of the text states
 * @param downAttention whether a level on the way down has transformers
 * @param upAttention the same on the way up, deepest level first
 * @param linearProjection proj_in and proj_out are stored as matrices, not as 1x1 convolutions
 * @param sampleSize side of the latents that it was trained on
 */
public record UNetConfig(
        int inChannels,
        int outChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        List<Integer> heads,
        int crossAttentionDim,
        int normNumGroups,
        double normEps,
        List<Boolean> downAttention,
        List<Boolean> upAttention,
        boolean linearProjection,
        int sampleSize) {
    /** Stable Diffusion 1.x. */
    public static UNetConfig stableDiffusion1() {
        return new UNetConfig(
                4,
                4,
                List.of(320, 640, 1280, 1280),
                2,
                List.of(8, 8, 8, 8),
                768,
                32,
                1e-5,
                List.of(true, true, true, false),
                List.of(false, true, true, true),
                false,
                64);
    }

    public int levels() {
        return blockOutChannels.size();
    }

    /** Width of the time embedding. */
    public int timeDim() {
        return 4 * blockOutChannels.get(0);
    }
}
