package org.loraspark.io;

import java.util.Arrays;

/**
 * What a file's header says of one tensor.
 *
 * @param dtype the format's own name of the element type, {@code F16}
 * @param begin first byte in the data part
 * @param end one past the last byte in the data part
 */
public record TensorInfo(String name, String dtype, long[] shape, long begin, long end) {
    public long bytes() {
        return end - begin;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorInfo that
                && name.equals(that.name)
                && dtype.equals(that.dtype)
                && Arrays.equals(shape, that.shape)
                && begin == that.begin
                && end == that.end;
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }
}
