package org.loraspark.infer;

import java.util.List;

/** Finds one picture's text token by token, from the scores that the model gives to its beginnings. */
interface TokenSearch {
    /** Beginnings whose continuations are to be scored; always as many after the first step. */
    List<Hypothesis> running();

    /**
     * Goes one token on.
     *
     * @param read the running beginnings, which the model has read now
     * @param scores {@code [..., vocab]}, unnormalised logarithms; the search's own rows may be changed
     * @param from where the row of the first beginning starts
     * @param vocab length of a row
     */
    void advance(List<Hypothesis> read, float[] scores, int from, int vocab);

    boolean isOver();

    /** All tokens of the best text, when the search is over. */
    int[] best();
}
