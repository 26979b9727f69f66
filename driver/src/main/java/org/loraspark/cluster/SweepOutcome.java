package org.loraspark.cluster;

import java.util.List;
import java.util.Optional;
import org.loraspark.cluster.sweep.BestRun;
import org.loraspark.cluster.sweep.RunResult;

/**
 * What a sweep came to.
 *
 * @param best empty when no run is done
 * @param encoded pictures that were not in the cache
 */
public record SweepOutcome(
        String folder, List<RunResult> results, Optional<BestRun> best, int encoded, double seconds) {}
