package org.loraspark.console;

/**
 * How far a long piece of work is. {@link #open} takes a bar on a terminal and plain lines elsewhere, so that a log file
 * stays readable.
 */
public interface Progress extends AutoCloseable {
    /**
     * @param name what is counted, such as {@code steps}
     * @param total how many there will be
     * @param alreadyDone where a resumed run begins
     */
    static Progress open(String name, long total, long alreadyDone) {
        return Terminal.isInteractive()
                ? new BarProgress(name, total, alreadyDone)
                : new LineProgress(System.err, System::nanoTime, name, total, alreadyDone);
    }

    /**
     * @param done of the total
     * @param detail short, such as {@code round 3, loss 0.0412, 12.3 samples/s}; empty for nothing
     */
    void update(long done, String detail);

    /** A line of its own, above a bar. */
    void say(String line);

    @Override
    void close();
}
