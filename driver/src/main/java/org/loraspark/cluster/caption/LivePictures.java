package org.loraspark.cluster.caption;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.jdk.javaapi.CollectionConverters;

/** How many pictures the cluster has finished, from executors' heartbeats while tasks run and from the tasks' ends. */
final class LivePictures extends SparkListener {
    static final String NAME = "lora-spark.pictures";

    private final LongConsumer observer;
    private final Map<Long, Long> byTask = new HashMap<>();

    /** @param observer told the sum after each change */
    LivePictures(LongConsumer observer) {
        this.observer = observer;
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
        for (var task : CollectionConverters.asJava(update.accumUpdates())) {
            CollectionConverters.asJava(task._4()).forEach(info -> count((Long) task._1(), info));
        }
    }

    /** What a failed task did is done again. */
    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
        if (end.taskInfo().successful()) {
            CollectionConverters.asJava(end.taskInfo().accumulables())
                    .forEach(info -> count(end.taskInfo().taskId(), info));
        } else {
            byTask.remove(end.taskInfo().taskId());
        }
    }

    private void count(long task, AccumulableInfo info) {
        if (info.name().isDefined()
                && info.name().get().equals(NAME)
                && info.update().isDefined()) {
            byTask.put(task, ((Number) info.update().get()).longValue());
            observer.accept(byTask.values().stream().mapToLong(Long::longValue).sum());
        }
    }
}
