package org.loraspark.console;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/** Progress as lines, at most one in ten seconds, and one at the end. */
final class LineProgress implements Progress {
    private static final double SECONDS_BETWEEN = 10;

    private final PrintStream out;
    private final LongSupplier nanoTime;
    private final String name;
    private final long total;
    private final long alreadyDone;
    private final long started;
    private double lastLine = Double.NEGATIVE_INFINITY;

    LineProgress(PrintStream out, LongSupplier nanoTime, String name, long total, long alreadyDone) {
        this.out = out;
        this.nanoTime = nanoTime;
        this.name = name;
        this.total = total;
        this.alreadyDone = alreadyDone;
        this.started = nanoTime.getAsLong();
    }

    @Override
    public void update(long done, String detail) {
        double seconds = (nanoTime.getAsLong() - started) / 1e9;
        if (done < total && seconds - lastLine < SECONDS_BETWEEN) {
            return;
        }
        lastLine = seconds;
        long fresh = done - alreadyDone;
        String left =
                done < total && fresh > 0 ? ", " + Durations.words(seconds / fresh * (total - done)) + " left" : "";
        out.println(name + " " + done + "/" + total + (detail.isEmpty() ? "" : ", " + detail) + left);
    }

    @Override
    public void say(String line) {
        out.println(line);
    }

    @Override
    public void close() {
        out.flush();
    }
}
