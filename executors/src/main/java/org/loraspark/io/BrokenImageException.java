package org.loraspark.io;

import org.loraspark.UserError;

/** A picture that cannot be decoded, or not whole; {@link #reason} says why in a few words. */
public final class BrokenImageException extends UserError {
    private static final long serialVersionUID = 1L;

    private final String reason;

    public BrokenImageException(String name, String reason) {
        super("picture " + name + " cannot be used: " + reason);
        this.reason = reason;
    }

    public String reason() {
        return reason;
    }
}
