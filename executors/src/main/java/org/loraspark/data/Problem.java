package org.loraspark.data;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import org.loraspark.UserError;

/**
 * Something in the user's data that cannot be trained on.
 *
 * @param path the picture or caption file
 * @param reason in a few words, to be read after the path
 */
public record Problem(String path, String reason) implements Serializable {
    private static final int NAMED = 10;

    /** Problems are an error unless the user asked to leave such pictures out; then they only go into the report. */
    public static void check(List<Problem> problems, String folder, boolean skipInvalid) {
        if (problems.isEmpty() || skipInvalid) {
            return;
        }
        String more = problems.size() > NAMED ? "; and " + (problems.size() - NAMED) + " more" : "";
        throw new UserError(problems.size() + (problems.size() == 1 ? " problem" : " problems") + " in " + folder + ": "
                + problems.stream().limit(NAMED).map(Problem::toString).collect(Collectors.joining("; ")) + more
                + " (mend them, or set data.skip-invalid = true to leave these out)");
    }

    @Override
    public String toString() {
        return path + " " + reason;
    }
}
