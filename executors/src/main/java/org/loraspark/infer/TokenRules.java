package org.loraspark.infer;

import java.util.BitSet;

/**
 * What changes a token's score whatever the model says: no end before the least length, and a penalty for what was said.
 *
 * @param promptLength tokens that stand before the description, the start included
 * @param end the token that ends a text
 * @param minLength tokens of the description at least, without the end
 * @param maxLength tokens of the description at most, the end included
 * @param repetitionPenalty a positive score is divided by it, a negative one multiplied (Keskar et al. 2019)
 */
record TokenRules(int promptLength, int end, int minLength, int maxLength, double repetitionPenalty) {
    /** Changes the scores {@code [from, from + vocab)} of what may follow {@code ids}. */
    void apply(float[] scores, int from, int[] ids) {
        if (repetitionPenalty != 1) {
            BitSet said = new BitSet();
            for (int id : ids) {
                said.set(id);
            }
            float penalty = (float) repetitionPenalty;
            said.stream().forEach(id -> {
                float score = scores[from + id];
                scores[from + id] = score < 0 ? score * penalty : score / penalty;
            });
        }
        if (ids.length - promptLength < minLength) {
            scores[from + end] = Float.NEGATIVE_INFINITY;
        }
    }

    /** Whether a text is over with its last token. */
    boolean isOver(int[] ids) {
        return ids[ids.length - 1] == end || ids.length - promptLength == maxLength;
    }
}
