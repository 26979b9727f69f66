package org.loraspark.data;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What the VAE's encoder says of one picture: a normal distribution over its latent, before the scaling factor.
 *
 * @param height of the latent, an eighth of the picture's
 * @param width of the latent
 * @param mean {@code [height, width, 4]}
 * @param logvar logarithm of the variance, same shape
 */
public record LatentMoments(int height, int width, float[] mean, float[] logvar) implements Serializable {
    public LatentMoments {
        if (height < 1 || width < 1 || mean.length % (height * width) != 0 || logvar.length != mean.length) {
            throw new IllegalArgumentException("a " + height + "x" + width + " latent does not have " + mean.length
                    + " means and " + logvar.length + " variances");
        }
    }

    /** Whether every value is finite; a VAE that overflowed gives NaN. */
    public boolean isFinite() {
        for (int i = 0; i < mean.length; i++) {
            if (!Float.isFinite(mean[i]) || !Float.isFinite(logvar[i])) {
                return false;
            }
        }
        return true;
    }

    /** The means, then the variances, little-endian float32: the content of a column of bytes. */
    public byte[] toBytes() {
        ByteBuffer buffer = ByteBuffer.allocate(8 * mean.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(mean).put(logvar);
        return buffer.array();
    }

    public static LatentMoments fromBytes(int height, int width, byte[] bytes) {
        float[] values = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        int half = values.length / 2;
        return new LatentMoments(
                height, width, Arrays.copyOf(values, half), Arrays.copyOfRange(values, half, values.length));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LatentMoments that
                && height == that.height
                && width == that.width
                && Arrays.equals(mean, that.mean)
                && Arrays.equals(logvar, that.logvar);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(mean) + Arrays.hashCode(logvar);
    }
}
