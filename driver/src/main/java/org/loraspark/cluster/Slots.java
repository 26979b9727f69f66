package org.loraspark.cluster;

import org.apache.spark.api.java.JavaSparkContext;

/** How many tasks run at a time, as far as Spark knows now. */
public final class Slots {
    private Slots() {}

    public static int of(JavaSparkContext spark) {
        int cores = spark.defaultParallelism();
        int taskCores = spark.getConf().getInt("spark.task.cpus", 1);
        return Math.max(1, cores / taskCores);
    }
}
