package org.loraspark.config;

import java.io.Serializable;

/**
 * Workers and rounds; the keys of {@code cluster} in {@code defaults.conf}.
 *
 * @param syncEverySteps optimizer steps of a round, 0 for one epoch but at most {@link #MAX_AUTO_SYNC}
 * @param merge {@code average}
 */
public record ClusterSettings(int workers, int syncEverySteps, String merge) implements Serializable {
    public static final int MAX_AUTO_SYNC = 500;

    /** Optimizer steps of a round, given those of an epoch of one worker. */
    public int roundSteps(int epochSteps) {
        return syncEverySteps > 0 ? syncEverySteps : Math.min(epochSteps, MAX_AUTO_SYNC);
    }
}
