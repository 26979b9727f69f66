package org.loraspark.io;

import java.util.Optional;
import org.loraspark.tensor.DType;

/** Element types that the safetensors format knows, in its order, with their size in bits. */
enum SafetensorsType {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;

    SafetensorsType(int bits) {
        this.bits = bits;
    }

    int bits() {
        return bits;
    }

    static Optional<SafetensorsType> named(String name) {
        for (SafetensorsType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    static SafetensorsType of(DType dtype) {
        return valueOf(dtype.name());
    }

    /** The type in memory, for those that this project computes with. */
    Optional<DType> dtype() {
        for (DType dtype : DType.values()) {
            if (dtype.name().equals(name())) {
                return Optional.of(dtype);
            }
        }
        return Optional.empty();
    }
}
