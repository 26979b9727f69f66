package org.loraspark.cluster.sweep;

import java.util.List;

/**
 * What a sweep is to do.
 *
 * @param axes in the order of the command line
 * @param random combinations to draw; 0 for all
 * @param seed of the draws
 * @param budgetSeconds of the whole sweep; 0 for no limit
 * @param maxRuns 0 for no limit
 * @param halving of every so many runs one goes on; 0 for no halving
 * @param workersPerRun 0 to choose by runs and slots
 */
public record SweepRequest(
        List<Axis> axes, int random, long seed, double budgetSeconds, int maxRuns, int halving, int workersPerRun) {
    public SweepRequest {
        axes = List.copyOf(axes);
    }

    public boolean varies(String key) {
        return axes.stream().anyMatch(axis -> axis.key().equals(key));
    }

    public List<String> keys() {
        return axes.stream().map(Axis::key).toList();
    }
}
