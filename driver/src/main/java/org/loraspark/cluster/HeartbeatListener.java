package org.loraspark.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import scala.jdk.javaapi.CollectionConverters;

/** Reads {@link LiveSteps} from the executors' heartbeats and adds the tasks of one round up. */
final class HeartbeatListener extends SparkListener {
    /** Told after each heartbeat that brought something new. */
    @FunctionalInterface
    interface Observer {
        /**
         * @param steps optimizer steps of all workers so far in this round
         * @param samples pictures so far
         * @param lossSum over those pictures
         */
        void progress(long steps, long samples, double lossSum);
    }

    private final Observer observer;
    private final Set<Long> counters;
    private final Map<Long, Map<String, Double>> byTask = new HashMap<>();

    /** @param live the round's counters: other runs may count at the same time */
    HeartbeatListener(LiveSteps live, Observer observer) {
        this.observer = observer;
        this.counters =
                Set.of(live.steps().id(), live.samples().id(), live.loss().id());
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
        boolean news = false;
        for (var task : CollectionConverters.asJava(update.accumUpdates())) {
            for (AccumulableInfo info : CollectionConverters.asJava(task._4())) {
                if (counters.contains(info.id())
                        && info.name().isDefined()
                        && info.update().isDefined()) {
                    double value = ((Number) info.update().get()).doubleValue();
                    Double before = byTask.computeIfAbsent((Long) task._1(), id -> new HashMap<>())
                            .put(info.name().get(), value);
                    news |= before == null || before != value;
                }
            }
        }
        if (news) {
            observer.progress((long) sum(LiveSteps.STEPS), (long) sum(LiveSteps.SAMPLES), sum(LiveSteps.LOSS));
        }
    }

    private double sum(String name) {
        return byTask.values().stream()
                .mapToDouble(counts -> counts.getOrDefault(name, 0.0))
                .sum();
    }
}
