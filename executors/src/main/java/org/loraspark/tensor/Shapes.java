package org.loraspark.tensor;

import java.util.Arrays;

/** Arithmetic on shapes; a shape is a {@code long[]}, outermost dimension first, {@code {}} for a scalar. */
public final class Shapes {
    private Shapes() {}

    /** Number of elements. */
    public static long size(long... shape) {
        long n = 1;
        for (long d : shape) {
            n = Math.multiplyExact(n, d);
        }
        return n;
    }

    /** Number of rows when all but the last dimension are folded into one. */
    public static long rows(long... shape) {
        return size(Arrays.copyOf(shape, shape.length - 1));
    }

    public static long last(long... shape) {
        return shape[shape.length - 1];
    }

    /** The distance between neighbours along each dimension, in elements, when the last lies close. */
    public static long[] rowMajor(long... shape) {
        long[] strides = new long[shape.length];
        long step = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= shape[i];
        }
        return strides;
    }

    /** The shape with its last dimension replaced. */
    public static long[] withLast(long[] shape, long last) {
        long[] result = shape.clone();
        result[result.length - 1] = last;
        return result;
    }

    /** Whether a stored shape serves for a needed one: equal, or equal but for trailing ones (1x1 convolutions). */
    public static boolean fits(long[] stored, long[] needed) {
        return Arrays.equals(withoutTrailingOnes(stored), withoutTrailingOnes(needed));
    }

    private static long[] withoutTrailingOnes(long[] shape) {
        int n = shape.length;
        while (n > 2 && shape[n - 1] == 1) {
            n--;
        }
        return Arrays.copyOf(shape, n);
    }

    public static String toString(long... shape) {
        return Arrays.toString(shape).replace(" ", "");
    }
}
