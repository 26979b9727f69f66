package org.loraspark.cluster;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import scala.jdk.javaapi.CollectionConverters;

/** Counts what Spark is asked to do. */
final class JobCounter extends SparkListener {
    final AtomicInteger trained = new AtomicInteger();
    final AtomicInteger others = new AtomicInteger();
    final AtomicInteger mostTasks = new AtomicInteger();
    private final AtomicInteger tasks = new AtomicInteger();

    @Override
    public void onJobStart(SparkListenerJobStart start) {
        boolean rounds = CollectionConverters.asJava(start.stageInfos()).stream()
                .anyMatch(stage -> stage.name().contains(Rounds.class.getSimpleName() + ".java"));
        (rounds ? trained : others).incrementAndGet();
    }

    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
        int now = tasks.incrementAndGet();
        mostTasks.accumulateAndGet(now, Math::max);
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
        tasks.decrementAndGet();
    }
}
