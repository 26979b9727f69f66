package org.loraspark.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.loraspark.UserError;

/**
 * The trainer that ours is compared with: a program that takes {@code --case NAME --threads N} and obeys the
 * lines of {@link LineTurns}.
 *
 * @param command its first words; empty for no other trainer
 */
public record Peer(List<String> command) {
    public static final Peer NONE = new Peer(List.of());

    private static final String REQUIREMENTS = "benchmark-requirements.txt";

    /**
     * @param python an interpreter that has the packages
     * @param folder of the script
     */
    public static Peer of(Path python, Path folder) {
        if (!Files.isExecutable(python)) {
            throw new UserError("--peer-python " + python
                    + " is no program; give the python of an environment that has " + folder.resolve(REQUIREMENTS));
        }
        return new Peer(
                List.of(python.toString(), folder.resolve("benchmark_peer.py").toString()));
    }

    /**
     * Makes the Python environment, unless it is there with the same packages.
     *
     * @param environment its folder
     */
    public static Peer install(Path environment, Path folder) throws IOException {
        Path requirements = folder.resolve(REQUIREMENTS);
        Path installed = environment.resolve(REQUIREMENTS);
        if (!Files.exists(installed) || Files.mismatch(installed, requirements) != -1) {
            System.err.println("Making a Python environment in " + environment + "; PyTorch takes a few minutes");
            run(List.of("python3", "-m", "venv", environment.toString()));
            String pip = environment.resolve("bin/pip").toString();
            run(List.of(pip, "install", "--quiet", "-r", requirements.toString()));
            Files.copy(requirements, installed, StandardCopyOption.REPLACE_EXISTING);
        }
        return of(environment.resolve("bin/python"), folder);
    }

    /** A user's folder for what can be made again. */
    public static Path cacheFolder() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path root =
                cache == null || cache.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache);
        return root.resolve("lora-spark");
    }

    boolean exists() {
        return !command.isEmpty();
    }

    List<String> command(BenchmarkCase benchmarkCase, int threads) {
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of("--case", benchmarkCase.title(), "--threads", Integer.toString(threads)));
        return words;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            if (!process.waitFor(1, TimeUnit.HOURS) || process.exitValue() != 0) {
                process.destroy();
                throw new UserError("cannot make the Python environment: '" + String.join(" ", command)
                        + "' failed; make one yourself and name it with --peer-python");
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
