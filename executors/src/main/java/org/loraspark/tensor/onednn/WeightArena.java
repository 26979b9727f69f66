package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.nd4j.Memory;
import org.loraspark.tensor.nd4j.NdTensor;

/**
 * Memory for the packed weights of one model, in a few large pieces: with huge pages a piece for each weight would waste
 * up to four megabytes on each of a thousand. Nothing is given back before the whole is collected.
 */
final class WeightArena {
    private static final long PIECE_BYTES = 64L << 20;
    private static final long ALIGNMENT = 64;
    private static final int LONG_IDLE = 200;

    private final Map<DType, List<Piece>> pieces = new EnumMap<>(DType.class);
    private final Map<DType, NdTensor> staging = new EnumMap<>(DType.class);
    private int idle;

    private static final class Piece {
        private final NdTensor values;
        private long used;

        Piece(NdTensor values) {
            this.values = values;
        }
    }

    /** Uninitialised, at an address that whole cache lines begin at. */
    synchronized NdTensor allocate(DType dtype, long size) {
        long padding = ALIGNMENT / dtype.bytes();
        List<Piece> ofType = pieces.computeIfAbsent(dtype, type -> new ArrayList<>());
        for (Piece piece : ofType) {
            if (piece.values.size() - piece.used >= size + padding) {
                return next(piece, size);
            }
        }
        Piece piece = new Piece(Memory.permanent(dtype, Math.max(PIECE_BYTES / dtype.bytes(), size + padding)));
        ofType.add(piece);
        return next(piece, size);
    }

    private static NdTensor next(Piece piece, long size) {
        int bytes = piece.values.dtype().bytes();
        long address = piece.values.address() + piece.used * bytes;
        long from = piece.used + (ALIGNMENT - address % ALIGNMENT) % ALIGNMENT / bytes;
        piece.used = from + size;
        return piece.values.slice(from, size);
    }

    /** One array in the file's order on its way into another layout; overwritten by the next of its type. */
    synchronized NdTensor staging(DType dtype, long size) {
        idle = 0;
        NdTensor present = staging.get(dtype);
        if (present == null || present.size() < size) {
            if (present != null) {
                present.dispose();
            }
            present = Memory.permanent(dtype, Math.max(PIECE_BYTES / dtype.bytes(), size));
            staging.put(dtype, present);
        }
        return present.slice(0, size);
    }

    /** Told when a scope opens; a step opens hundreds. Frees the staging when it has not been used for so many. */
    synchronized void rest() {
        idle++;
        if (idle == LONG_IDLE) {
            staging.values().forEach(NdTensor::dispose);
            staging.clear();
        }
    }
}
