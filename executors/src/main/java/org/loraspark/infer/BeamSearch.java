package org.loraspark.infer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps the {@code beams} likeliest beginnings. A finished text's worth is its score divided by its tokens, prompt not
 * counted. The search is over when {@code beams} texts are finished and the best beginning, at its length now, is worth
 * no more than the least of them; or at the largest length. Step by step as transformers' beam search with its defaults
 * (length penalty 1, early stopping by that heuristic).
 */
final class BeamSearch implements TokenSearch {
    /** Best worth first; of equals the older. */
    private static final Comparator<Finished> BEST = Comparator.comparing(Finished::worth, Comparator.reverseOrder());

    private record Finished(int[] ids, float worth) {}

    private final int beams;
    private final TokenRules rules;
    private final List<Finished> finished = new ArrayList<>();
    private List<Hypothesis> running;
    private boolean over;

    BeamSearch(int[] prompt, TokenRules rules, int beams) {
        this.running = List.of(Hypothesis.start(prompt));
        this.rules = rules;
        this.beams = beams;
    }

    @Override
    public List<Hypothesis> running() {
        return running;
    }

    @Override
    public void advance(List<Hypothesis> read, float[] scores, int from, int vocab) {
        // Each beginning can end in one way only, so twice as many leave enough that go on.
        TopScores top = new TopScores(2 * beams);
        for (int i = 0; i < read.size(); i++) {
            int row = from + i * vocab;
            LogSoftmax.inPlace(scores, row, vocab);
            rules.apply(scores, row, read.get(i).ids());
            top.add(scores, row, vocab, read.get(i).score(), i);
        }
        List<Hypothesis> next = new ArrayList<>();
        for (int i = 0; i < top.size(); i++) {
            Hypothesis longer = read.get(top.source(i)).then(top.token(i), top.score(i));
            if (!rules.isOver(longer.ids())) {
                if (next.size() < beams) {
                    next.add(longer);
                }
            } else if (i < beams) {
                finished.add(new Finished(longer.ids(), top.score(i) / described(longer)));
            }
        }
        finished.sort(BEST);
        while (finished.size() > beams) {
            finished.remove(beams);
        }
        running = next;
        over = next.isEmpty() || finished.size() == beams && !canImprove(next.get(0));
    }

    private boolean canImprove(Hypothesis best) {
        return best.score() / described(best) > finished.get(beams - 1).worth();
    }

    private int described(Hypothesis text) {
        return text.ids().length - rules.promptLength();
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public int[] best() {
        return finished.get(0).ids();
    }
}
