package org.loraspark;

/**
 * The user's input is wrong: a path, a key, a file. The message is one sentence that names what was read, the value
 * seen, and how to mend it; the command line prints it without a stack trace and ends with status 2.
 */
public class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UserError(String message) {
        super(message);
    }

    public UserError(String message, Throwable cause) {
        super(message, cause);
    }
}
