package org.loraspark.infer;

import java.util.List;

/** Follows one beginning: the likeliest token each time, or one that is drawn. */
final class SingleSearch implements TokenSearch {
    /** Picks a token from its row of scores. */
    @FunctionalInterface
    interface Choice {
        /** The likeliest. */
        Choice GREEDY = (scores, from, vocab) -> {
            int best = 0;
            for (int i = 1; i < vocab; i++) {
                if (scores[from + i] > scores[from + best]) {
                    best = i;
                }
            }
            return best;
        };

        int of(float[] scores, int from, int vocab);
    }

    private final TokenRules rules;
    private final Choice choice;
    private Hypothesis text;
    private boolean over;

    SingleSearch(int[] prompt, TokenRules rules, Choice choice) {
        this.text = Hypothesis.start(prompt);
        this.rules = rules;
        this.choice = choice;
    }

    @Override
    public List<Hypothesis> running() {
        return List.of(text);
    }

    @Override
    public void advance(List<Hypothesis> read, float[] scores, int from, int vocab) {
        rules.apply(scores, from, text.ids());
        text = read.get(0).then(choice.of(scores, from, vocab), 0);
        over = rules.isOver(text.ids());
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public int[] best() {
        return text.ids();
    }
}
