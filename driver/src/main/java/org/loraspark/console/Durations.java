package org.loraspark.console;

/** Spans of time as people read them: {@code 45 s}, {@code 3 min 20 s}, {@code 2 h 5 min}. */
public final class Durations {
    private Durations() {}

    public static String words(double seconds) {
        long s = Math.max(0, Math.round(seconds));
        if (s < 60) {
            return s + " s";
        }
        if (s < 3600) {
            return s / 60 + " min " + s % 60 + " s";
        }
        return s / 3600 + " h " + s % 3600 / 60 + " min";
    }
}
