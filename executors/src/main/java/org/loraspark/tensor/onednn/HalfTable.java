package org.loraspark.tensor.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.stream.IntStream;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HalfFloats;

/**
 * What each of the 65,536 values of fp16 is in another type. oneDNN converts fp16 only on CPUs that compute in it, ND4J in
 * one thread; a checkpoint has a billion of them.
 */
final class HalfTable {
    private static final int CHUNK = 1 << 20;

    private final short[] bf16 = new short[1 << 16];
    private final float[] f32 = new float[1 << 16];

    HalfTable() {
        for (int i = 0; i < f32.length; i++) {
            f32[i] = HalfFloats.fromF16((short) i);
            bf16[i] = HalfFloats.toBf16(f32[i]);
        }
    }

    /** @param to of the type {@code wanted}, BF16 or F32, in the machine's byte order */
    void convert(ByteBuffer halves, DType wanted, ByteBuffer to) {
        ShortBuffer from = halves.duplicate().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
        int size = from.remaining();
        int chunks = (size + CHUNK - 1) / CHUNK;
        if (wanted == DType.BF16) {
            ShortBuffer target = to.asShortBuffer();
            IntStream.range(0, chunks).parallel().forEach(chunk -> {
                for (int i = chunk * CHUNK; i < Math.min(size, (chunk + 1) * CHUNK); i++) {
                    target.put(i, bf16[from.get(i) & 0xffff]);
                }
            });
        } else {
            FloatBuffer target = to.asFloatBuffer();
            IntStream.range(0, chunks).parallel().forEach(chunk -> {
                for (int i = chunk * CHUNK; i < Math.min(size, (chunk + 1) * CHUNK); i++) {
                    target.put(i, f32[from.get(i) & 0xffff]);
                }
            });
        }
    }
}
