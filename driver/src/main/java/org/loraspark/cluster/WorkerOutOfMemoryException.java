package org.loraspark.cluster;

/** A task found no more memory, on the Java heap or outside of it. */
final class WorkerOutOfMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WorkerOutOfMemoryException(OutOfMemoryError cause) {
        super("a worker is out of memory (" + cause.getMessage() + ")", cause);
    }
}
