package org.loraspark.tensor;

/** Element type of an array, named as safetensors names it, with its size in bytes. */
public enum DType {
    BOOL(1),
    U8(1),
    I8(1),
    I16(2),
    F16(2),
    BF16(2),
    I32(4),
    F32(4),
    I64(8),
    F64(8);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    public int bytes() {
        return bytes;
    }

    public boolean isFloat() {
        return this == F16 || this == BF16 || this == F32 || this == F64;
    }
}
