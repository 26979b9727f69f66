package org.loraspark.cluster;

import java.io.Serializable;
import org.loraspark.data.CacheKey;
import org.loraspark.data.PictureDecoder;

/**
 * What a picture's latents depend on beside its bytes.
 *
 * @param vaeHash content of the VAE
 * @param flip also encode the mirrored picture
 */
record EncodeSettings(String vaeHash, int width, int height, boolean flip) implements Serializable {
    /** Of the cache; rows with and without a mirrored picture lie apart. */
    String folderName() {
        return "latents/" + vaeHash.substring(0, 12) + "-" + width + "x" + height + (flip ? "-flip" : "");
    }

    PictureDecoder decoder() {
        return new PictureDecoder(width, height);
    }

    String key(byte[] picture) {
        return new CacheKey(decoder(), vaeHash).of(picture, false);
    }
}
