package org.loraspark.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Real executor processes from a test: Spark's {@code local-cluster} master starts them from a Spark folder, for which an
 * empty one will do in Spark's own testing mode, where executors inherit the class path of the test.
 */
public final class SparkHome {
    private SparkHome() {}

    public static SparkSession localCluster(Path folder, int executors, int workers) throws IOException {
        Path home = Files.createDirectories(folder.resolve("spark-home"));
        Files.createDirectories(home.resolve("jars"));
        Files.writeString(home.resolve("RELEASE"), "");
        System.setProperty("spark.testing", "true");
        System.setProperty("spark.test.home", home.toString());
        System.setProperty("spark.executorEnv.SPARK_SCALA_VERSION", "2.13");
        return SparkSessions.open("local-cluster[" + executors + ",1,2048]", "test", workers);
    }

    /** Process ids by executor, once {@code count} are there. */
    public static Map<String, Long> executors(SparkSession spark, int count) {
        Map<String, Long> pids = new ConcurrentHashMap<>();
        List<Integer> tasks = IntStream.range(0, count).boxed().toList();
        while (pids.size() < count) {
            new JavaSparkContext(spark.sparkContext())
                    .parallelize(tasks, tasks.size())
                    .map(i -> SparkEnv.get().executorId() + " "
                            + ProcessHandle.current().pid())
                    .collect()
                    .forEach(line -> pids.put(line.split(" ")[0], Long.valueOf(line.split(" ")[1])));
        }
        return pids;
    }

    public static void stop(SparkSession spark) {
        spark.stop();
        System.clearProperty("spark.testing");
        System.clearProperty("spark.test.home");
        System.clearProperty("spark.executorEnv.SPARK_SCALA_VERSION");
    }
}
