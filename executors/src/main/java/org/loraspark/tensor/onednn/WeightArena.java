package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.List;
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

    private final DType dtype;
    private final List<Piece> pieces = new ArrayList<>();
    private NdTensor staging;

    private static final class Piece {
        private final NdTensor values;
        private long used;

        Piece(NdTensor values) {
            this.values = values;
        }
    }

    WeightArena(DType dtype) {
        this.dtype = dtype;
    }

    /** Uninitialised, at an address that whole cache lines begin at. */
    synchronized NdTensor allocate(long size) {
        long padding = ALIGNMENT / dtype.bytes();
        for (Piece piece : pieces) {
            if (piece.values.size() - piece.used >= size + padding) {
                return next(piece, size);
            }
        }
        Piece piece = new Piece(Memory.permanent(dtype, Math.max(PIECE_BYTES / dtype.bytes(), size + padding)));
        pieces.add(piece);
        return next(piece, size);
    }

    private NdTensor next(Piece piece, long size) {
        long address = piece.values.address() + piece.used * dtype.bytes();
        long from = piece.used + (ALIGNMENT - address % ALIGNMENT) % ALIGNMENT / dtype.bytes();
        piece.used = from + size;
        return piece.values.slice(from, size);
    }

    /** One array in the file's order on its way into another layout; overwritten by the next. */
    synchronized NdTensor staging(long size) {
        if (staging == null || staging.size() < size) {
            if (staging != null) {
                staging.dispose();
            }
            staging = Memory.permanent(dtype, Math.max(PIECE_BYTES / dtype.bytes(), size));
        }
        return staging.slice(0, size);
    }
}
