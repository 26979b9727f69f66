package org.loraspark.cluster;

import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.status.api.v1.ExecutorSummary;
import scala.jdk.javaapi.CollectionConverters;

/** How many tasks run at a time, as far as Spark knows now. */
public final class Slots {
    private Slots() {}

    public static int of(JavaSparkContext spark) {
        int taskCores = spark.getConf().getInt("spark.task.cpus", 1);
        return Math.max(1, cores(spark) / taskCores);
    }

    /** Spark's default parallelism is two where there is one core, and whatever a user has set it to. */
    private static int cores(JavaSparkContext spark) {
        int cores = CollectionConverters.asJava(spark.sc().statusStore().executorList(true)).stream()
                .mapToInt(ExecutorSummary::totalCores)
                .sum();
        return cores > 0 ? cores : spark.defaultParallelism();
    }
}
