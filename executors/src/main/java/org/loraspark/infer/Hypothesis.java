package org.loraspark.infer;

import java.util.Arrays;

/**
 * A beginning of a text.
 *
 * @param ids all tokens, the start and the prompt included
 * @param rows where the decoder remembers those that it has read; the rest are the last ones
 * @param score sum of the logarithms of the tokens' probabilities
 */
record Hypothesis(int[] ids, int[] rows, float score) {
    private static final int[] NONE = {};

    static Hypothesis start(int[] prompt) {
        return new Hypothesis(prompt, NONE, 0);
    }

    /** What the decoder has not read yet. */
    int[] unread() {
        return Arrays.copyOfRange(ids, rows.length, ids.length);
    }

    /** All of it read, the unread tokens into rows from {@code first} on. */
    Hypothesis read(int first) {
        int[] all = Arrays.copyOf(rows, ids.length);
        for (int i = rows.length; i < all.length; i++) {
            all[i] = first + i - rows.length;
        }
        return new Hypothesis(ids, all, score);
    }

    Hypothesis then(int token, float newScore) {
        int[] longer = Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = token;
        return new Hypothesis(longer, rows, newScore);
    }
}
