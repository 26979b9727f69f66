package org.loraspark.cli;

import java.io.PrintWriter;
import org.loraspark.UserError;

/** What a failure means to the person at the terminal: one sentence and an exit status. */
final class Failures {
    static final int FAILED = 1;
    static final int WRONG_INPUT = 2;

    private Failures() {}

    /** A {@link UserError} anywhere in the chain of causes counts as one: Spark wraps what its tasks throw. */
    static int report(Throwable failure, boolean verbose, PrintWriter err) {
        UserError userError = null;
        Throwable root = failure;
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (userError == null && t instanceof UserError found) {
                userError = found;
            }
            root = t;
        }
        err.println("lora-spark: " + sentence(failure, root, userError, verbose));
        if (verbose) {
            failure.printStackTrace(err);
        }
        return userError != null ? WRONG_INPUT : FAILED;
    }

    private static String sentence(Throwable failure, Throwable root, UserError userError, boolean verbose) {
        if (userError != null) {
            return oneLine(userError.getMessage());
        }
        String hint = verbose ? "" : "; --verbose shows where";
        if (root instanceof OutOfMemoryError) {
            return "out of memory (" + oneLine(root.getMessage())
                    + "); use a smaller batch or resolution, or give the process more memory";
        }
        String message = root.getMessage() == null ? failure.getMessage() : root.getMessage();
        return root.getClass().getSimpleName() + ": " + oneLine(message) + hint;
    }

    /** The first line, without the stack traces that Spark puts into messages. */
    static String oneLine(String message) {
        return message == null
                ? "no message"
                : message.strip().lines().findFirst().orElse("no message").strip();
    }
}
