package org.loraspark.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.AccumulatorV2;
import scala.collection.Iterable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What the tasks of a job have counted so far, for people to look at: the counts travel with the executors' heartbeats
 * while tasks run, and with the tasks' ends. Spark itself adds them up when tasks have ended only.
 */
public final class LiveCounts extends SparkListener implements AutoCloseable {
    private final JavaSparkContext spark;
    private final Consumer<LiveCounts> observer;
    private final Map<Long, Map<Long, Double>> byCounter = new HashMap<>();

    private LiveCounts(JavaSparkContext spark, Consumer<LiveCounts> observer) {
        this.spark = spark;
        this.observer = observer;
    }

    /**
     * Listens until it is closed.
     *
     * @param observer told after each change, from a thread of Spark's
     * @param counters the job's own: other jobs may count at the same time
     */
    public static LiveCounts of(
            JavaSparkContext spark, Consumer<LiveCounts> observer, AccumulatorV2<?, ?>... counters) {
        LiveCounts counts = new LiveCounts(spark, observer);
        for (AccumulatorV2<?, ?> counter : counters) {
            counts.byCounter.put(counter.id(), new HashMap<>());
        }
        spark.sc().addSparkListener(counts);
        return counts;
    }

    /** Over all tasks. */
    public double sum(AccumulatorV2<?, ?> counter) {
        return byCounter.get(counter.id()).values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
        boolean news = false;
        for (var task : CollectionConverters.asJava(update.accumUpdates())) {
            news |= count((Long) task._1(), task._4());
        }
        tell(news);
    }

    /** What a failed task did is done again. */
    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
        long task = end.taskInfo().taskId();
        if (end.taskInfo().successful()) {
            tell(count(task, end.taskInfo().accumulables()));
        } else {
            byCounter.values().forEach(byTask -> byTask.remove(task));
        }
    }

    /** @return whether a count is another than before */
    private boolean count(long task, Iterable<AccumulableInfo> counts) {
        boolean news = false;
        for (AccumulableInfo info : CollectionConverters.asJava(counts)) {
            Map<Long, Double> byTask = byCounter.get(info.id());
            if (byTask != null && info.update().isDefined()) {
                double value = ((Number) info.update().get()).doubleValue();
                Double before = byTask.put(task, value);
                news |= before == null || before != value;
            }
        }
        return news;
    }

    private void tell(boolean news) {
        if (news) {
            observer.accept(this);
        }
    }

    @Override
    public void close() {
        spark.sc().removeSparkListener(this);
    }
}
