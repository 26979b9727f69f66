package org.loraspark.cli;

import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/** Lets Spark report failed tasks with their stack traces, which {@code log4j2.properties} keeps quiet. */
final class VerboseLogging {
    private static final List<String> QUIET = List.of(
            "org.apache.spark.SparkContext",
            "org.apache.spark.executor.Executor",
            "org.apache.spark.scheduler.TaskSetManager");

    private VerboseLogging() {}

    static void start() {
        QUIET.forEach(logger -> Configurator.setLevel(logger, Level.WARN));
    }
}
