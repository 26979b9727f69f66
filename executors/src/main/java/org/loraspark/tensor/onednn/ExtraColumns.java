package org.loraspark.tensor.onednn;

import java.nio.ByteBuffer;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * Columns that are appended to rows so that a product adds a float32 number to each of its rows: {@link #ones} on one
 * side, {@link #put} on the other. In bf16 the number is split in three parts, which together have float32's 24 bits.
 */
final class ExtraColumns {
    private final boolean half;
    private final ByteBuffer bytes;
    private final int rowBytes;
    private final int offset;

    /** @param width of what stands before the extra columns, in values, as {@code wide}, the row's length */
    ExtraColumns(DType type, NdTensor rows, long wide, long width) {
        half = type == DType.BF16;
        bytes = NativeFloats.bytes(rows.address(), rows.size() * type.bytes());
        rowBytes = Math.toIntExact(wide * type.bytes());
        offset = Math.toIntExact(width * type.bytes());
    }

    /** How many there are. */
    static long count(DType type) {
        return type == DType.BF16 ? 4 : 1;
    }

    void ones(long rows) {
        for (int row = 0; row < rows; row++) {
            if (half) {
                long one = HalfFloats.toBf16(1) & 0xffffL;
                bytes.putLong(row * rowBytes + offset, one | one << 16 | one << 32);
            } else {
                bytes.putFloat(row * rowBytes + offset, 1);
            }
        }
    }

    void put(int row, float value) {
        int at = row * rowBytes + offset;
        if (half) {
            long packed = 0;
            float rest = value;
            for (int part = 0; part < 3; part++) {
                short rounded = HalfFloats.toBf16(rest);
                packed |= (rounded & 0xffffL) << 16 * part;
                rest -= HalfFloats.fromBf16(rounded);
            }
            bytes.putLong(at, packed);
        } else {
            bytes.putFloat(at, value);
        }
    }
}
