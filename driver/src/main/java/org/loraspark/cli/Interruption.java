package org.loraspark.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.service.launcher.IrqHandler;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * Ctrl-C and kill. The first signal stops Spark, whose running job then fails, and the command ends with one sentence
 * and the exit status of a program that the signal ended. The second ends the process at once.
 */
final class Interruption {
    /** A shell's exit status for a signal is this plus the signal's number. */
    private static final int BY_SIGNAL = 128;

    private static final int INT = 2;
    private static final int TERM = 15;

    private static final Logger log = LoggerFactory.getLogger(Interruption.class);

    private static volatile int status;

    private Interruption() {}

    /** For the rest of the process. */
    static void watch() {
        on(IrqHandler.CONTROL_C, BY_SIGNAL + INT);
        on(IrqHandler.SIGTERM, BY_SIGNAL + TERM);
    }

    private static void on(String signal, int exitStatus) {
        try {
            new IrqHandler(signal, interrupt -> stop(exitStatus)).bind();
        } catch (IllegalArgumentException e) {
            // Of a JVM that was started with -Xrs the signals are its own.
            log.debug("no handler for {}", signal, e);
        }
    }

    private static synchronized boolean first(int exitStatus) {
        boolean first = status == 0;
        status = exitStatus;
        return first;
    }

    private static void stop(int exitStatus) {
        if (!first(exitStatus)) {
            Runtime.getRuntime().halt(exitStatus);
        }
        // What Spark and Scala say of tasks and executors that go away is no news now.
        Configurator.setAllLevels("", Level.OFF);
        System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        if (SparkSession.getDefaultSession().isEmpty()) {
            System.exit(exitStatus);
        }
        SparkSession.getDefaultSession().get().stop();
    }

    /** Whether a signal has come. */
    static boolean requested() {
        return status != 0;
    }

    /**
     * Says that the command was stopped, and how its work goes on.
     *
     * @return the exit status
     */
    static int report(CommandLine command, PrintWriter err) {
        String goesOn = command.getCommand() instanceof Resumable resumable ? resumable.goesOn() : "";
        err.println("lora-spark: stopped" + (goesOn.isEmpty() ? "" : "; " + goesOn));
        return status;
    }
}
