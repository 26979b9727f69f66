package org.loraspark.cluster;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.status.api.v1.ExecutorSummary;
import scala.jdk.javaapi.CollectionConverters;

/** How many tasks run at a time, as far as Spark knows now. */
public final class Slots {
    /** Executors register a few seconds after the application; a cluster without room never gives all that were asked. */
    private static final long MOST_WAIT = TimeUnit.SECONDS.toNanos(15);

    /** Where nobody says how many executors there will be, those that come together are all. */
    private static final long SETTLED = TimeUnit.SECONDS.toNanos(1);

    private static final long PAUSE_MILLIS = 50;

    /** Applications whose executors were waited for. */
    private static final Set<String> COUNTED = ConcurrentHashMap.newKeySet();

    private Slots() {}

    public static int of(JavaSparkContext spark) {
        SparkConf conf = spark.getConf();
        if (!conf.getBoolean("spark.dynamicAllocation.enabled", false)
                && COUNTED.add(spark.sc().applicationId())) {
            await(spark, SparkSessions.coresAskedFor(conf));
        }
        int cores = registered(spark);
        // Spark's default parallelism is two where there is one core, and whatever a user has set it to.
        return Math.max(1, (cores > 0 ? cores : spark.defaultParallelism()) / conf.getInt("spark.task.cpus", 1));
    }

    /** @param wanted cores, 0 when they are not known */
    private static void await(JavaSparkContext spark, int wanted) {
        long start = System.nanoTime();
        long changed = start;
        int cores = registered(spark);
        while (wanted > 0 ? cores < wanted : cores == 0 || System.nanoTime() - changed < SETTLED) {
            if (System.nanoTime() - start > MOST_WAIT) {
                return;
            }
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            int now = registered(spark);
            if (now != cores) {
                cores = now;
                changed = System.nanoTime();
            }
        }
    }

    private static int registered(JavaSparkContext spark) {
        return CollectionConverters.asJava(spark.sc().statusStore().executorList(true)).stream()
                .mapToInt(ExecutorSummary::totalCores)
                .sum();
    }
}
