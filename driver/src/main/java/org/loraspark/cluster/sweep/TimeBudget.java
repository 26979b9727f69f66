package org.loraspark.cluster.sweep;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.loraspark.UserError;

/** A span of time as people type it: {@code 2h}, {@code 90m}, {@code 1h30m}, {@code 45s}. */
public final class TimeBudget {
    private static final Pattern FORM =
            Pattern.compile("(?:(\\d+(?:\\.\\d+)?)\\s*h)?\\s*(?:(\\d+(?:\\.\\d+)?)\\s*m(?:in)?)?\\s*(?:(\\d+)\\s*s)?");

    private TimeBudget() {}

    public static double seconds(String text) {
        Matcher form = FORM.matcher(text.strip());
        double seconds = form.matches() ? part(form, 1) * 3600 + part(form, 2) * 60 + part(form, 3) : 0;
        if (seconds <= 0) {
            throw new UserError("--budget " + text + " must be a time such as 2h, 90m or 1h30m");
        }
        return seconds;
    }

    private static double part(Matcher form, int group) {
        return form.group(group) == null ? 0 : Double.parseDouble(form.group(group));
    }
}
