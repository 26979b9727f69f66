package org.loraspark.tensor;

/**
 * Gives back what an engine has read of mapped files. Mapped pages count as the process's memory until the collector
 * finds that nobody looks at them any more, and a heap that nothing fills is rarely collected.
 */
public final class MappedPages {
    private static final long BETWEEN_COLLECTIONS = 128L << 20;

    private long read;

    /** Told of each array that has been copied and is needed no more. */
    public synchronized void finished(HostTensor host) {
        if (host.data().isDirect()) {
            read += host.data().limit();
        }
        if (read > BETWEEN_COLLECTIONS) {
            read = 0;
            System.gc();
        }
    }
}
