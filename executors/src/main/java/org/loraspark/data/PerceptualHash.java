package org.loraspark.data;

import java.util.Arrays;
import java.util.HexFormat;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;

/**
 * What a picture looks like, in 88 bits that survive scaling and another compression.
 *
 * <p>The brightness Y = 0.299 R + 0.587 G + 0.114 B of the picture at 32 x 32, its discrete cosine transform
 * F(u, v) = sum Y(x, y) cos((2x + 1) u pi / 64) cos((2y + 1) v pi / 64), and a bit for each of the 64 lowest frequencies:
 * F(u, v) above their median (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010). Colour
 * is not in it, so the mean of each channel is kept beside it.
 *
 * @param structure bit 8 v + u
 * @param colour mean red, green, blue, eight bits each
 */
public record PerceptualHash(long structure, int colour) {
    /** Bits in which two pictures may differ and still look the same. */
    public static final int NEAR_BITS = 6;

    private static final int NEAR_COLOUR = 12;
    private static final int SIZE = 32;
    private static final int LOW = 8;
    private static final double[][] COSINES = cosines(); // [LOW, SIZE]

    public static PerceptualHash of(RgbImage picture) {
        RgbImage small = Images.resize(picture, SIZE, SIZE);
        double[] sums = new double[3];
        double[][] brightness = new double[SIZE][SIZE];
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                for (int c = 0; c < 3; c++) {
                    sums[c] += small.at(x, y, c);
                }
                brightness[y][x] = 0.299 * small.at(x, y, 0) + 0.587 * small.at(x, y, 1) + 0.114 * small.at(x, y, 2);
            }
        }
        int colour = 0;
        for (double sum : sums) {
            colour = colour << 8 | (int) Math.round(sum / (SIZE * SIZE));
        }
        return new PerceptualHash(structure(brightness), colour);
    }

    private static long structure(double[][] brightness) {
        double[][] rows = new double[SIZE][LOW];
        for (int y = 0; y < SIZE; y++) {
            for (int u = 0; u < LOW; u++) {
                for (int x = 0; x < SIZE; x++) {
                    rows[y][u] += brightness[y][x] * COSINES[u][x];
                }
            }
        }
        double[] low = new double[LOW * LOW];
        for (int i = 0; i < low.length; i++) {
            for (int y = 0; y < SIZE; y++) {
                low[i] += rows[y][i % LOW] * COSINES[i / LOW][y];
            }
            // Quarters of a grey level are rounding, not structure: a flat picture has no bit set.
            low[i] = Math.rint(low[i] / (SIZE * SIZE) * 4) / 4;
        }
        double[] sorted = Arrays.copyOfRange(low, 1, low.length);
        Arrays.sort(sorted);
        double median = sorted[sorted.length / 2];
        long bits = 0;
        for (int i = 1; i < low.length; i++) {
            bits |= low[i] > median ? 1L << i : 0;
        }
        return bits;
    }

    private static double[][] cosines() {
        double[][] cosines = new double[LOW][SIZE];
        for (int u = 0; u < LOW; u++) {
            for (int x = 0; x < SIZE; x++) {
                cosines[u][x] = Math.cos((2 * x + 1) * u * Math.PI / (2 * SIZE));
            }
        }
        return cosines;
    }

    /** Whether a person would take the two for one picture. */
    public boolean isNear(PerceptualHash other) {
        if (Long.bitCount(structure ^ other.structure) > NEAR_BITS) {
            return false;
        }
        for (int shift = 0; shift < 24; shift += 8) {
            if (Math.abs((colour >> shift & 0xff) - (other.colour >> shift & 0xff)) > NEAR_COLOUR) {
                return false;
            }
        }
        return true;
    }

    /** Hexadecimal digits, read by {@link #parse}. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(structure) + HexFormat.of().toHexDigits(colour, 6);
    }

    public static PerceptualHash parse(String hex) {
        return new PerceptualHash(HexFormat.fromHexDigitsToLong(hex, 0, 16), HexFormat.fromHexDigits(hex, 16, 22));
    }
}
