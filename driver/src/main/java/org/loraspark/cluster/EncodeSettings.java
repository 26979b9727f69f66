package org.loraspark.cluster;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a picture's latents depend on beside its bytes.
 *
 * @param vaeHash content of the VAE
 * @param flip also encode the mirrored picture
 */
record EncodeSettings(String vaeHash, int width, int height, boolean flip) implements Serializable {
    /** To be raised when decoding, resizing or encoding gives other numbers than before. */
    private static final int VERSION = 1;

    String folderName() {
        return "latents/" + vaeHash.substring(0, 12) + "-" + width + "x" + height + (flip ? "-flip" : "") + "-v"
                + VERSION;
    }

    /** SHA-256 over the settings and the picture's bytes, in hex. */
    String key(byte[] picture) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((vaeHash + " " + folderName() + "\n").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(picture));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
