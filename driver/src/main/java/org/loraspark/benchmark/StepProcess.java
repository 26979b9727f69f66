package org.loraspark.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** This end of the lines that a process of a case obeys; see {@link LineTurns}. */
final class StepProcess implements Side {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SECONDS_TO_QUIT = 20;

    /** The process ended or answered something else; the message has what it said last. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    private final String name;
    private final Process process;
    private final Path log;
    private final PrintWriter orders;
    private final BufferedReader answers;
    private JsonNode ready;

    private StepProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.orders = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts a process of this program, without waiting. */
    static StepProcess start(String name, List<String> command) {
        return start(name, new ProcessBuilder(command));
    }

    /** Starts another program, without what scripts/lora-spark sets for the memory of ours. */
    static StepProcess startOther(String name, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("GLIBC_TUNABLES");
        return start(name, builder);
    }

    /** What it says beside its answers goes into a temporary file. */
    private static StepProcess start(String name, ProcessBuilder builder) {
        try {
            Path log = Files.createTempFile("lora-spark-benchmark", ".log");
            return new StepProcess(name, builder.redirectError(log.toFile()).start(), log);
        } catch (IOException e) {
            throw new Failed("cannot start " + name + ": " + e.getMessage());
        }
    }

    /** What the process says of itself once it is ready. */
    JsonNode ready() {
        if (ready == null) {
            ready = json(answer("ready"));
        }
        return ready;
    }

    @Override
    public double step() {
        order("step");
        return stepDone();
    }

    /** Asks for something whose answer is read later. */
    void order(String order) {
        ready();
        orders.println(order);
    }

    double stepDone() {
        return Double.parseDouble(answer("step"));
    }

    @Override
    public long peak() {
        order("peak");
        return Long.parseLong(answer("peak"));
    }

    /** Where the time of a step goes; the last thing that the process does. */
    JsonNode profile() {
        order("profile");
        return json(answer("profile"));
    }

    @Override
    public void close() {
        try {
            orders.println("quit");
            if (!process.waitFor(SECONDS_TO_QUIT, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            Files.deleteIfExists(log);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + log, e);
        }
    }

    private String answer(String to) {
        try {
            String line = answers.readLine();
            if (line == null) {
                process.waitFor();
                throw new Failed(name + " ended with status " + process.exitValue() + ": " + lastWords());
            }
            if (!line.startsWith(to + " ")) {
                throw new Failed(name + " answered '" + line + "' to " + to);
            }
            return line.substring(to.length() + 1);
        } catch (IOException e) {
            throw new Failed("cannot read the answer of " + name + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failed("interrupted while " + name + " works");
        }
    }

    private String lastWords() throws IOException {
        List<String> lines = Files.readAllLines(log).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
                .toList();
        return lines.isEmpty() ? "it said nothing" : lines.get(lines.size() - 1).strip();
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new Failed("no JSON: " + text);
        }
    }
}
