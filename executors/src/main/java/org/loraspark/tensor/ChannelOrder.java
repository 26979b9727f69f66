package org.loraspark.tensor;

/** Between PyTorch's order of pictures {@code [n, channels, height, width]} and this program's, channels last. */
public final class ChannelOrder {
    private ChannelOrder() {}

    /** {@code [n, channels, height, width]} as {@code [n, height, width, channels]}. */
    public static float[] toLast(HostTensor channelsFirst) {
        long[] s = channelsFirst.shape();
        return transpose(channelsFirst.toFloats(), s[0], s[1], s[2] * s[3]);
    }

    /** {@code [n, height, width, channels]} as {@code [n, channels, height, width]}. */
    public static HostTensor toFirst(float[] channelsLast, long n, long height, long width) {
        long channels = channelsLast.length / (n * height * width);
        float[] values = transpose(channelsLast, n, height * width, channels);
        return HostTensor.of(values, n, channels, height, width);
    }

    private static float[] transpose(float[] values, long n, long rows, long columns) {
        float[] result = new float[values.length];
        int r = Math.toIntExact(rows);
        int c = Math.toIntExact(columns);
        for (int start = 0; start < n * r * c; start += r * c) {
            for (int i = 0; i < r; i++) {
                for (int j = 0; j < c; j++) {
                    result[start + j * r + i] = values[start + i * c + j];
                }
            }
        }
        return result;
    }
}
