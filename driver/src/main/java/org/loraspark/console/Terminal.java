package org.loraspark.console;

/** Whether a person watches. */
final class Terminal {
    private Terminal() {}

    /** From Java 22 on a console exists without a terminal too, so that TERM is asked as well. */
    static boolean isInteractive() {
        String term = System.getenv("TERM");
        return System.console() != null && term != null && !term.equals("dumb");
    }
}
