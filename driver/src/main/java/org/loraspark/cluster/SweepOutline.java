package org.loraspark.cluster;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.loraspark.cluster.sweep.Candidate;
import org.loraspark.config.TrainConfig;
import org.loraspark.train.StepPlan;

/**
 * What a sweep keeps of a run's plan; the adapter that the run starts with is made again when it starts.
 *
 * @param config with rank and alpha as they are used
 * @param data what it trains on
 * @param seconds that it will take alone on its workers
 * @param memoryBytes of a worker alone, as planned
 */
record SweepOutline(
        Candidate candidate,
        TrainConfig config,
        SharedData.Need data,
        StepPlan steps,
        double seconds,
        long memoryBytes,
        boolean validated,
        List<String> notes) {
    static SweepOutline of(Candidate candidate, Plan plan) {
        return new SweepOutline(
                candidate,
                plan.config(),
                SharedData.Need.of(plan),
                plan.steps(),
                plan.estimatedSeconds(),
                plan.cost().bytes(1),
                !plan.heldOut().isEmpty(),
                plan.notes());
    }

    String name() {
        return candidate.name();
    }

    /** Runs of one group work on the same packed model, which another group would drive out of a process. */
    List<Object> group() {
        WorkerSetup setup = data.setup();
        return List.of(setup.baseHash(), setup.engine(), setup.precision(), setup.compact());
    }

    /** The runs by {@link #group}, both in the order in which they are met. */
    static List<List<SweepOutline>> groups(List<SweepOutline> runs) {
        Map<List<Object>, List<SweepOutline>> groups = runs.stream()
                .collect(Collectors.groupingBy(SweepOutline::group, LinkedHashMap::new, Collectors.toList()));
        return List.copyOf(groups.values());
    }
}
