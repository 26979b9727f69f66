package org.loraspark.cluster;

import java.util.List;
import java.util.Map;
import org.loraspark.report.RoundMetrics;
import org.loraspark.train.TrainState;

/**
 * A run between two rounds.
 *
 * @param identity of the run
 * @param length the config's keys that say how long the run is
 * @param rounds what was measured so far
 */
record Checkpoint(TrainState state, RunIdentity identity, Map<String, String> length, List<RoundMetrics> rounds) {}
