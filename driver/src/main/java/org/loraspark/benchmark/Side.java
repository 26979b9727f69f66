package org.loraspark.benchmark;

/** One of those that take turns: it works only while it is asked for a step. */
interface Side extends AutoCloseable {
    /** Seconds that one step took. */
    double step();

    /** The largest resident memory so far, in bytes; of the largest process when there are several. */
    long peak();

    @Override
    void close();
}
