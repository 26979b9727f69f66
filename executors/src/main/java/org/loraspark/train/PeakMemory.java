package org.loraspark.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.loraspark.tensor.ProcessMemory;

/**
 * The most memory that this process holds from one moment to another. The system's own mark of the highest tells it when
 * it moves in between; where an earlier run in the same process has left it higher, samples do.
 */
final class PeakMemory implements AutoCloseable {
    private static final long MILLIS_BETWEEN_SAMPLES = 50;

    private final long markBefore = ProcessMemory.highest();
    private final CountDownLatch closed = new CountDownLatch(1);
    private long most;

    private PeakMemory() {}

    static PeakMemory watch() {
        PeakMemory memory = new PeakMemory();
        memory.sample();
        if (memory.most > 0) {
            Thread sampler = new Thread(memory::sampleUntilClosed, "memory");
            sampler.setDaemon(true);
            sampler.start();
        }
        return memory;
    }

    private void sampleUntilClosed() {
        try {
            while (!closed.await(MILLIS_BETWEEN_SAMPLES, TimeUnit.MILLISECONDS)) {
                sample();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void sample() {
        most = Math.max(most, ProcessMemory.resident());
    }

    /** So far; 0 where the system does not tell. */
    synchronized long bytes() {
        sample();
        long mark = ProcessMemory.highest();
        return mark > markBefore ? mark : most;
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
