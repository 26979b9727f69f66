package org.loraspark.tensor.onednn;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * Whether this machine multiplies float32 with weights of two bytes, as they lie in a file, fast and right. It is tried: in
 * oneDNN 3.11 products with such weights in blocked layouts are wrong for sums of more than 512 terms.
 */
final class HalfProducts {
    private static final int ROWS = 48;
    private static final int TERMS = 1040;
    private static final Map<DType, Boolean> KNOWN = new EnumMap<>(DType.class);

    private HalfProducts() {}

    static synchronized boolean work(DType half) {
        return KNOWN.computeIfAbsent(half, HalfProducts::tried);
    }

    private static boolean tried(DType half) {
        if (half != DType.F16 && half != DType.BF16) {
            return false;
        }
        try (Dnnl dnnl = new Dnnl()) {
            return right(dnnl, half, 1, TERMS) && right(dnnl, half, ROWS, 1);
        } catch (RuntimeException unsupported) {
            return false;
        }
    }

    /** Of small whole numbers, whose sums are exact in whatever order. */
    private static boolean right(Dnnl dnnl, DType half, long termStride, long columnStride) {
        memory.desc left = Dnnl.dense(DType.F32, ROWS, TERMS);
        memory.desc right = Dnnl.strided(half, new long[] {TERMS, ROWS}, new long[] {termStride, columnStride});
        memory.desc result = Dnnl.dense(DType.F32, ROWS, ROWS);
        NdTensor x = Memory.permanent(DType.F32, ROWS, TERMS);
        NdTensor w = Memory.permanent(half, TERMS, ROWS);
        NdTensor y = Memory.permanent(DType.F32, ROWS, ROWS);
        FloatBuffer rows = NativeFloats.floats(x);
        ShortBuffer columns =
                NativeFloats.bytes(w.address(), w.size() * half.bytes()).asShortBuffer();
        for (int i = 0; i < TERMS; i++) {
            for (int j = 0; j < ROWS; j++) {
                rows.put(j * TERMS + i, leftValue(j, i));
                float value = rightValue(i, j);
                columns.put(
                        (int) (i * termStride + j * columnStride),
                        half == DType.F16 ? HalfFloats.toF16(value) : HalfFloats.toBf16(value));
            }
        }
        boolean exact;
        try (Operation product = dnnl.product(left, right, result, PostOps.none())) {
            product.run(x.address(), w.address(), y.address());
            exact = !product.isReference();
        }
        FloatBuffer sums = NativeFloats.floats(y);
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < ROWS; j++) {
                float expected = 0;
                for (int k = 0; k < TERMS; k++) {
                    expected += leftValue(i, k) * rightValue(k, j);
                }
                exact &= sums.get(i * ROWS + j) == expected;
            }
        }
        x.dispose();
        w.dispose();
        y.dispose();
        return exact;
    }

    private static float leftValue(int row, int term) {
        return (row + 3 * term) % 7 - 3;
    }

    private static float rightValue(int term, int column) {
        return (5 * term + 2 * column) % 9 - 4;
    }
}
