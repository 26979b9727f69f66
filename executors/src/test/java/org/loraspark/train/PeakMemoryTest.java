package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.loraspark.tensor.ProcessMemory;

class PeakMemoryTest {
    private static final long LARGE = 256L << 20;

    @Test
    void tellsTheMostBetweenTwoMomentsAndNotWhatWasBefore() {
        long before = ProcessMemory.resident();
        long first = peakOf(LARGE);
        assertThat(first).isGreaterThan(before + LARGE / 2).isLessThanOrEqualTo(ProcessMemory.highest());
        // The process's own mark stays where the first has left it.
        assertThat(peakOf(0)).isBetween(1L, first - LARGE / 2);
        assertThat(peakOf(LARGE / 2)).isBetween(first - 3 * LARGE / 4, first);
    }

    private static long peakOf(long bytes) {
        try (PeakMemory memory = PeakMemory.watch()) {
            if (bytes > 0) {
                try (BytePointer array = new BytePointer(bytes)) {
                    Pointer.memset(array, 1, bytes);
                    memory.bytes();
                }
            }
            return memory.bytes();
        }
    }
}
