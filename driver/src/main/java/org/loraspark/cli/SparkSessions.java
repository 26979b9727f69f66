package org.loraspark.cli;

import org.apache.spark.sql.SparkSession;
import org.loraspark.UserError;

/** Starts Spark for one command. */
final class SparkSessions {
    private SparkSessions() {}

    /**
     * @param master null for the master of spark-submit, which hands it over as a system property, or else local[*]
     * @throws UserError when Spark knows no such master
     */
    static SparkSession open(String master, String name) {
        SparkSession.Builder builder =
                SparkSession.builder().appName("lora-spark " + name).config("spark.ui.showConsoleProgress", "false");
        String given = master != null ? master : System.getProperty("spark.master");
        String chosen = given != null ? given : "local[*]";
        builder.master(chosen);
        if (chosen.startsWith("local")) {
            builder.config("spark.ui.enabled", System.getProperty("spark.ui.enabled", "false"));
            builder.config("spark.driver.host", System.getProperty("spark.driver.host", "localhost"));
            builder.config("spark.driver.bindAddress", System.getProperty("spark.driver.bindAddress", "127.0.0.1"));
        }
        try {
            return builder.getOrCreate();
        } catch (RuntimeException e) {
            if (String.valueOf(e.getMessage()).contains("Could not parse Master URL")) {
                throw new UserError(
                        "--master " + chosen
                                + " is no Spark master; try local[*], yarn, spark://host:7077 or k8s://...",
                        e);
            }
            throw e;
        }
    }
}
