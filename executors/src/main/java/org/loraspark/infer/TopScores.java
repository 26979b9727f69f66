package org.loraspark.infer;

/** The highest of many scores, best first; of equal ones the first. */
final class TopScores {
    private final float[] scores;
    private final int[] sources;
    private final int[] tokens;
    private int size;

    TopScores(int most) {
        scores = new float[most];
        sources = new int[most];
        tokens = new int[most];
    }

    /** Offers {@code base + values[from + token]} for every token below {@code vocab}. */
    void add(float[] values, int from, int vocab, float base, int source) {
        for (int token = 0; token < vocab; token++) {
            float score = base + values[from + token];
            if (size < scores.length || score > scores[size - 1]) {
                insert(score, source, token);
            }
        }
    }

    private void insert(float score, int source, int token) {
        int i = size < scores.length ? size++ : size - 1;
        while (i > 0 && score > scores[i - 1]) {
            scores[i] = scores[i - 1];
            sources[i] = sources[i - 1];
            tokens[i] = tokens[i - 1];
            i--;
        }
        scores[i] = score;
        sources[i] = source;
        tokens[i] = token;
    }

    int size() {
        return size;
    }

    float score(int i) {
        return scores[i];
    }

    /** Which row the score came from. */
    int source(int i) {
        return sources[i];
    }

    int token(int i) {
        return tokens[i];
    }
}
