package org.loraspark.infer;

import java.io.Serializable;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.loraspark.UserError;

/**
 * Which tags a tagger says, and how. A tag may be given with underscores or with blanks.
 *
 * @param generalThreshold probability from which a general tag is said
 * @param characterThreshold probability from which the name of a character is said
 * @param underscores write {@code long_hair}; otherwise {@code long hair}
 * @param excluded tags never said
 * @param first tags that stand before all others in every caption
 * @param last tags that stand behind all others in every caption
 * @param replaced what is said instead of a tag
 */
public record TaggerOptions(
        double generalThreshold,
        double characterThreshold,
        boolean underscores,
        List<String> excluded,
        List<String> first,
        List<String> last,
        Map<String, String> replaced)
        implements Serializable {
    /** Thresholds of kohya's tagger script, blanks for underscores, every tag as the model has it. */
    public static final TaggerOptions DEFAULT =
            new TaggerOptions(0.35, 0.35, false, List.of(), List.of(), List.of(), Map.of());

    public TaggerOptions {
        requireProbability("general", generalThreshold);
        requireProbability("character", characterThreshold);
        excluded = List.copyOf(excluded);
        first = List.copyOf(first);
        last = List.copyOf(last);
        // In one order in every process, because the record's text is part of a fingerprint.
        replaced = Collections.unmodifiableMap(new TreeMap<>(replaced));
    }

    private static void requireProbability(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new UserError("the threshold of " + name + " tags must be between 0 and 1, got " + value);
        }
    }
}
