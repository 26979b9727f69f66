package org.loraspark.train;

/** Gives the token ids of an example's caption at one visit: shuffled, dropped and tokenised as the config says. */
@FunctionalInterface
public interface CaptionEncoder {
    /** @return 77 ids */
    int[] tokenIds(Example example, int epoch);
}
