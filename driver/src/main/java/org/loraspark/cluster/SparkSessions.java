package org.loraspark.cluster;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.loraspark.UserError;

/** Starts Spark with the settings that this project's jobs need, under any given by spark-submit. */
public final class SparkSessions {
    private static final Pattern LOCAL = Pattern.compile("local(?:\\[([0-9]+|\\*)(?:,\\s*[0-9]+)?])?");
    private static final Pattern LOCAL_CLUSTER =
            Pattern.compile("local-cluster\\[\\s*([0-9]+)\\s*,\\s*([0-9]+)\\s*,\\s*([0-9]+)\\s*]");

    private SparkSessions() {}

    /**
     * @param master null for the master of spark-submit, which hands it over as a system property, or else local[*]
     * @param command shown in Spark's own pages
     * @param workers tasks of one round; on one machine they share its cores
     * @throws UserError when Spark knows no such master
     */
    public static SparkSession open(String master, String command, int workers) {
        return open(master, command, workers, 1);
    }

    /**
     * @param workers tasks that share the cores in local mode
     * @param together tasks that share those of an executor of a cluster
     */
    public static SparkSession open(String master, String command, int workers, int together) {
        SparkConf conf = settings(master, command, workers, together);
        try {
            SparkSession session = SparkSession.builder().config(conf).getOrCreate();
            if (System.getProperty("SPARK_SUBMIT") != null) {
                // spark-submit starts with Spark's own log settings, which bury the progress.
                session.sparkContext().setLogLevel("WARN");
            }
            return session;
        } catch (Exception e) {
            // Spark's own exceptions are checked ones, which its Scala code does not declare.
            if (String.valueOf(e.getMessage()).contains("Could not parse Master URL")) {
                throw new UserError(
                        "--master " + conf.get("spark.master")
                                + " is no Spark master; try local[*], yarn, spark://host:7077 or k8s://...",
                        e);
            }
            throw e;
        }
    }

    static SparkConf settings(String master, String command, int workers, int together) {
        SparkConf conf = new SparkConf(true);
        if (master != null) {
            conf.setMaster(master);
        }
        conf.setIfMissing("spark.master", "local[*]");
        conf.setIfMissing("spark.app.name", "lora-spark " + command);
        conf.setIfMissing("spark.ui.showConsoleProgress", "false");
        // What comes back from a round is an adapter with its moments for each worker.
        conf.setIfMissing("spark.driver.maxResultSize", "0");
        // A task that waits for the executor with its shard leaves another idle, and a shard is soon sent.
        conf.setIfMissing("spark.locality.wait", "0s");
        // A row of a sweep's results has each key of the config; Spark warns of plans with so many columns.
        conf.setIfMissing("spark.sql.debug.maxToStringFields", "1000");
        // Progress inside a round comes with the heartbeats.
        conf.setIfMissing("spark.executor.heartbeatInterval", "2s");
        // Weights and activations live outside the heap, which should not grow into their memory.
        conf.setIfMissing("spark.executor.extraJavaOptions", "-XX:+UseSerialGC -XX:NewSize=32m -XX:MaxNewSize=64m");
        // glibc then asks for huge pages, and fresh memory costs a fifth; other C libraries do not read it.
        conf.setIfMissing("spark.executorEnv.GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
        String chosen = conf.get("spark.master");
        if (chosen.startsWith("local")) {
            conf.setIfMissing("spark.ui.enabled", "false");
            conf.setIfMissing("spark.driver.host", "localhost");
            conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
            // Two hundred shuffle partitions for a few pictures cost more than the pictures.
            conf.setIfMissing("spark.sql.shuffle.partitions", "4");
        }
        int sharing = LOCAL.matcher(chosen).matches() ? workers : together;
        conf.setIfMissing("spark.task.cpus", Integer.toString(Math.max(1, executorCores(conf) / Math.max(1, sharing))));
        return conf;
    }

    /** Of all executors, or 0 when only the cluster knows; 1 in local mode, where they are there from the start. */
    static int coresAskedFor(SparkConf conf) {
        String master = conf.get("spark.master");
        Matcher cluster = LOCAL_CLUSTER.matcher(master);
        if (cluster.matches()) {
            return Integer.parseInt(cluster.group(1)) * executorCores(conf);
        }
        return LOCAL.matcher(master).matches() ? 1 : conf.getInt("spark.executor.instances", 0) * executorCores(conf);
    }

    /** Of one executor, or of the machine in local mode; 1 where only the cluster knows. */
    public static int executorCores(SparkConf conf) {
        String master = conf.get("spark.master", "");
        Matcher local = LOCAL.matcher(master);
        if (local.matches()) {
            String count = local.group(1);
            return count == null
                    ? 1
                    : count.equals("*") ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(count);
        }
        Matcher cluster = LOCAL_CLUSTER.matcher(master);
        return cluster.matches() ? Integer.parseInt(cluster.group(2)) : conf.getInt("spark.executor.cores", 1);
    }
}
