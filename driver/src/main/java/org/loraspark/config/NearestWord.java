package org.loraspark.config;

import java.util.Collection;
import java.util.Comparator;

/**
 * The known word that a mistyped one probably means: least Damerau-Levenshtein distance (insertions, deletions,
 * substitutions and swaps of neighbours, each costing 1).
 */
public final class NearestWord {
    private NearestWord() {}

    public static String of(String word, Collection<String> known) {
        return known.stream()
                .min(Comparator.<String>comparingInt(k -> cost(word, k)).thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    /** A right last part in the wrong section (rank, train.rank) is nearer than its letters say. */
    private static int cost(String word, String known) {
        int whole = distance(word, known);
        return Math.min(whole, 1 + 2 * distance(lastPart(word), lastPart(known)));
    }

    private static String lastPart(String key) {
        return key.substring(key.lastIndexOf('.') + 1).replace('_', '-');
    }

    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int substitution = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(d[i - 1][j - 1] + substitution, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
