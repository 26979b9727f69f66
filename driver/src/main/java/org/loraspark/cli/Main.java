package org.loraspark.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * The command line. Exit status: 0 done, 1 failed while running, 2 the user's input is wrong, 130 stopped by Ctrl-C. A
 * failure is one sentence on stderr; {@code --verbose} adds the stack trace.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        Interruption.watch();
        System.exit(run(args, new PrintWriter(System.out, true), new PrintWriter(System.err, true)));
    }

    /** The whole program but for the exit of the process. */
    public static int run(String[] args, PrintWriter out, PrintWriter err) {
        CommandLine commandLine = new CommandLine(new LoraSpark())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(110)
                .setParameterExceptionHandler((e, arguments) -> refuse(e, err))
                .setExecutionExceptionHandler((e, command, parsed) -> Interruption.requested()
                        ? Interruption.report(command, err)
                        : Failures.report(e, isVerbose(args), err));
        KeyHelp.addTo(commandLine.getSubcommands().get("train"));
        if (isVerbose(args)) {
            VerboseLogging.start();
        }
        try {
            return commandLine.execute(args);
        } catch (OutOfMemoryError | LinkageError e) {
            return Failures.report(e, isVerbose(args), err);
        } finally {
            out.flush();
            err.flush();
        }
    }

    private static int refuse(ParameterException e, PrintWriter err) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        err.println("lora-spark: " + Failures.oneLine(e.getMessage()) + "; see " + command + " --help");
        return Failures.WRONG_INPUT;
    }

    private static boolean isVerbose(String[] args) {
        return Arrays.asList(args).contains("--verbose");
    }
}
