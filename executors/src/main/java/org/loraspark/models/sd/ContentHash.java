package org.loraspark.models.sd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/**
 * A name for a component's content that is quick to compute: SHA-256 over every tensor's name, type, shape and up to 256
 * of its bytes, spread evenly. Any retraining or conversion changes it; a copied or renamed file keeps it.
 */
final class ContentHash {
    private static final int SAMPLES = 256;

    private final MessageDigest digest;

    ContentHash() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    void add(String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }

    void add(String name, HostTensor tensor) {
        add(name + " " + tensor.dtype() + " " + Shapes.toString(tensor.shape()));
        ByteBuffer data = tensor.data();
        int n = data.limit();
        int samples = Math.min(n, SAMPLES);
        for (int i = 0; i < samples; i++) {
            digest.update(data.get((int) ((long) i * n / samples)));
        }
    }

    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
