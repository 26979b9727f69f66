package org.loraspark.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The address of a picture's latent: SHA-256 in hex over (everything that shapes it, the picture's bytes). An edited
 * picture, another resolution or another VAE has another key, so no cached latent can be stale.
 *
 * @param vaeHash of the VAE's weights
 */
public record CacheKey(PictureDecoder decoder, String vaeHash) {
    /** {@code mirrored}: for the latent of the picture mirrored left to right. */
    public String of(byte[] file, boolean mirrored) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            String settings = String.join(
                    "\n",
                    "latent 1",
                    decoder.width() + "x" + decoder.height(),
                    PictureDecoder.CROP,
                    vaeHash,
                    mirrored ? "mirrored" : "plain",
                    "");
            digest.update(settings.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(file));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
