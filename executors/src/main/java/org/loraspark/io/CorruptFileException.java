package org.loraspark.io;

import org.loraspark.UserError;

/** A file breaks a rule of its format. The message names the file and the rule in one sentence. */
public final class CorruptFileException extends UserError {
    private static final long serialVersionUID = 1L;

    private final String file;

    public CorruptFileException(String file, String brokenRule) {
        super(file + " cannot be used: " + brokenRule);
        this.file = file;
    }

    public String file() {
        return file;
    }
}
