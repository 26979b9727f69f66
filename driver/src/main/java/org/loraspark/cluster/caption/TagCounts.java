package org.loraspark.cluster.caption;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How many captions say what. Parts between commas of at most three words count as tags; of longer ones, which are
 * sentences, the words count.
 */
final class TagCounts {
    private static final int WORDS_OF_A_TAG = 3;
    private static final Set<String> LITTLE_WORDS = Set.of(
            "a", "an", "the", "of", "on", "in", "at", "and", "or", "with", "to", "is", "are", "by", "for", "from",
            "there", "that", "it", "its", "his", "her", "their", "up", "down", "as", "next");

    private TagCounts() {}

    /** The most frequent ones first, equal ones by name. */
    static List<Map.Entry<String, Integer>> of(List<String> captions, int limit) {
        Map<String, Integer> counts = new HashMap<>();
        for (String caption : captions) {
            Set<String> once = new LinkedHashSet<>();
            Arrays.stream(caption.toLowerCase(Locale.ROOT).split(","))
                    .map(String::strip)
                    .filter(part -> !part.isEmpty())
                    .flatMap(TagCounts::tags)
                    .forEach(once::add);
            once.forEach(tag -> counts.merge(tag, 1, Integer::sum));
        }
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(limit)
                .toList();
    }

    private static Stream<String> tags(String part) {
        String[] words = part.split("\\s+");
        return words.length <= WORDS_OF_A_TAG
                ? Stream.of(part)
                : Arrays.stream(words)
                        .map(word -> word.replaceAll("^\\p{Punct}+|\\p{Punct}+$", ""))
                        .filter(word -> !word.isEmpty() && !LITTLE_WORDS.contains(word));
    }
}
