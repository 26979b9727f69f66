package org.loraspark.data;

import java.util.List;
import org.loraspark.tensor.AddressedRandom;

/**
 * A picture and its latents, ready to be visited.
 *
 * @param views the picture's latent, and that of its mirror image when pictures are flipped
 */
public record EncodedPicture(Picture picture, List<LatentMoments> views) {
    public EncodedPicture {
        views = List.copyOf(views);
        if (views.isEmpty()) {
            throw new IllegalArgumentException(picture.name() + " has no latent");
        }
    }

    /** The view of one visit, each equally likely. */
    public LatentMoments view(long seed, long visit) {
        return views.get(AddressedRandom.at(seed, picture.name(), visit, "flip").nextInt(views.size()));
    }

    /** The scaled latent of one visit, {@code [height, width, 4]}, drawn from the distribution of its view. */
    public float[] sampleLatent(long seed, long visit, double scalingFactor) {
        AddressedRandom random = AddressedRandom.at(seed, picture.name(), visit, "latent");
        return view(seed, visit).sampleLatent(scalingFactor, random);
    }

    /** The scaled latent of one visit at the mean of its view. */
    public float[] meanLatent(long seed, long visit, double scalingFactor) {
        return view(seed, visit).meanLatent(scalingFactor);
    }
}
