package org.loraspark.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.loraspark.tensor.ProcessMemory;

/**
 * Turns that another process orders, a line each:
 *
 * <ul>
 *   <li>first this side writes {@code ready JSON}
 *   <li>{@code step}: {@code step SECONDS} when it is made
 *   <li>{@code peak}: {@code peak BYTES}, the largest resident memory of this process so far
 *   <li>{@code profile} and {@code quit} end the turns, and so does the end of the input
 * </ul>
 */
final class LineTurns implements Turns {
    private final BufferedReader orders;
    private final PrintStream answers;
    private final JsonNode ready;
    private boolean greeted;
    private boolean profileWanted;
    private long started;

    LineTurns(BufferedReader orders, PrintStream answers, JsonNode ready) {
        this.orders = orders;
        this.answers = answers;
        this.ready = ready;
    }

    @Override
    public void await() {
        if (!greeted) {
            answer("ready " + ready);
            greeted = true;
        }
        while (true) {
            String order = read();
            switch (order) {
                case "step" -> {
                    started = System.nanoTime();
                    return;
                }
                case "peak" -> answer("peak " + ProcessMemory.highest());
                case "profile" -> {
                    profileWanted = true;
                    throw new Over();
                }
                case "quit" -> throw new Over();
                default -> answer("error unknown order '" + order + "'");
            }
        }
    }

    @Override
    public void done() {
        answer(String.format(Locale.ROOT, "step %.6f", (System.nanoTime() - started) / 1e9));
    }

    /** Whether the last order was to tell where the time goes. */
    boolean profileWanted() {
        return profileWanted;
    }

    void answer(String line) {
        answers.println(line);
        answers.flush();
    }

    private String read() {
        try {
            String line = orders.readLine();
            return line == null ? "quit" : line.strip();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the next order", e);
        }
    }
}
