package org.loraspark.lora;

/** How many singular values of a module an adapter keeps. */
@FunctionalInterface
public interface RankRule {
    /** @param s singular values, descending; the answer is clipped to 1 and their number */
    int rank(double[] s);

    /** The same rank for every module. */
    static RankRule fixed(int rank) {
        return s -> rank;
    }

    /** Keeps s above s[0] / ratio (resize_lora's {@code sv_ratio}). */
    static RankRule ratio(double ratio) {
        return s -> {
            int kept = 0;
            while (kept < s.length && s[kept] > s[0] / ratio) {
                kept++;
            }
            return kept;
        };
    }

    /** The least rank that keeps a share of the Frobenius norm, from 0 to 1 (resize_lora's {@code sv_fro}). */
    static RankRule frobenius(double share) {
        return s -> {
            double total = 0;
            for (double value : s) {
                total += value * value;
            }
            double kept = 0;
            int rank = 0;
            while (rank < s.length && kept < share * share * total) {
                kept += s[rank] * s[rank];
                rank++;
            }
            return rank;
        };
    }

    /** No rank above {@code limit}. */
    default RankRule atMost(int limit) {
        return s -> Math.min(limit, rank(s));
    }
}
