package org.loraspark.io;

import java.util.Arrays;

/**
 * Resizes as the Python Imaging Library does, to the same bytes: each output pixel is a weighted mean of the input around
 * its centre, first along rows, then along columns, rounded to eight bits in between. When a side shrinks the filter is
 * stretched by as much, so that every input pixel has its share. Weights are integers of 22 binary places.
 *
 * <p>OpenCV has filters of the same names, but does not stretch them.
 */
public enum Resampling {
    LANCZOS(1, 3) {
        @Override
        double weight(double x) {
            return sinc(x) * sinc(x / 3);
        }
    },
    BILINEAR(2, 1) {
        @Override
        double weight(double x) {
            return 1 - x;
        }
    },
    /** Keys 1981 with a = -1/2. */
    BICUBIC(3, 2) {
        @Override
        double weight(double x) {
            return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
        }
    };

    private static final int PLACES = 22;
    private static final int HALF = 1 << (PLACES - 1);

    private final int code;
    private final double support;

    Resampling(int code, double support) {
        this.code = code;
        this.support = support;
    }

    /** The number by which configuration files name it. */
    public int code() {
        return code;
    }

    /** @param x distance from the centre, at least 0 and less than the support */
    abstract double weight(double x);

    public RgbImage resize(RgbImage image, int width, int height) {
        RgbImage wide = image.width() == width ? image : alongRows(image, width);
        return wide.height() == height ? wide : alongColumns(wide, height);
    }

    /**
     * The inputs of each output, {@code weights[i * most]} the first of output i.
     *
     * @param first where each output's inputs begin
     * @param count how many they are
     */
    private record Taps(int most, int[] first, int[] count, int[] weights) {}

    private Taps taps(int in, int out) {
        double scale = (double) in / out;
        double stretch = Math.max(1, scale);
        double reach = support * stretch;
        int most = (int) Math.ceil(reach) * 2 + 1;
        Taps taps = new Taps(most, new int[out], new int[out], new int[out * most]);
        double[] weights = new double[most];
        for (int i = 0; i < out; i++) {
            double centre = (i + 0.5) * scale;
            int from = Math.max(0, (int) (centre - reach + 0.5));
            int to = Math.min(in, (int) (centre + reach + 0.5));
            double sum = 0;
            for (int k = 0; k < to - from; k++) {
                double distance = Math.abs((from + k - centre + 0.5) * (1 / stretch));
                weights[k] = distance < support ? weight(distance) : 0;
                sum += weights[k];
            }
            taps.first[i] = from;
            taps.count[i] = to - from;
            for (int k = 0; k < to - from; k++) {
                double exact = (sum == 0 ? weights[k] : weights[k] / sum) * (1 << PLACES);
                taps.weights[i * most + k] = (int) (exact < 0 ? exact - 0.5 : exact + 0.5);
            }
        }
        return taps;
    }

    private RgbImage alongRows(RgbImage image, int width) {
        Taps taps = taps(image.width(), width);
        byte[] from = image.rgb();
        byte[] to = new byte[3 * width * image.height()];
        for (int y = 0; y < image.height(); y++) {
            int row = 3 * y * image.width();
            for (int x = 0; x < width; x++) {
                int red = HALF;
                int green = HALF;
                int blue = HALF;
                int at = row + 3 * taps.first[x];
                int end = x * taps.most + taps.count[x];
                for (int k = x * taps.most; k < end; k++) {
                    int weight = taps.weights[k];
                    red += weight * (from[at] & 0xff);
                    green += weight * (from[at + 1] & 0xff);
                    blue += weight * (from[at + 2] & 0xff);
                    at += 3;
                }
                int pixel = 3 * (y * width + x);
                to[pixel] = eightBits(red);
                to[pixel + 1] = eightBits(green);
                to[pixel + 2] = eightBits(blue);
            }
        }
        return new RgbImage(width, image.height(), to);
    }

    private RgbImage alongColumns(RgbImage image, int height) {
        Taps taps = taps(image.height(), height);
        int row = 3 * image.width();
        byte[] from = image.rgb();
        byte[] to = new byte[row * height];
        int[] sums = new int[row];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, HALF);
            for (int k = 0; k < taps.count[y]; k++) {
                int weight = taps.weights[y * taps.most + k];
                int at = row * (taps.first[y] + k);
                for (int i = 0; i < row; i++) {
                    sums[i] += weight * (from[at + i] & 0xff);
                }
            }
            for (int i = 0; i < row; i++) {
                to[row * y + i] = eightBits(sums[i]);
            }
        }
        return new RgbImage(image.width(), height, to);
    }

    private static byte eightBits(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> PLACES));
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    }
}
