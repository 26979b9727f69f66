package org.loraspark.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Resident memory of this process in bytes, heap and arrays and mapped files alike; 0 where the system is not Linux. */
public final class ProcessMemory {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcessMemory() {}

    /** Now. */
    public static long resident() {
        return line("VmRSS:");
    }

    /** The most since the process began. */
    public static long highest() {
        return line("VmHWM:");
    }

    private static long line(String name) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(name)) {
                    return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
            return 0;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the memory of this process", e);
        }
    }
}
