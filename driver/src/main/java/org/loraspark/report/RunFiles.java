package org.loraspark.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.Storage;

/**
 * What a run has left in its output folder so far.
 *
 * @param configText every key that it ran with, as {@code NAME.conf} has them
 * @param rounds of {@code NAME-metrics.jsonl}
 * @param record empty for a run that kept none
 */
record RunFiles(
        String name,
        String configText,
        Config config,
        List<RoundMetrics> rounds,
        Optional<RunRecord> record,
        Tiles tiles) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static RunFiles read(Path outputDir, String name, Configuration conf) {
        String config = text(new Path(outputDir, name + ".conf"), conf);
        List<RoundMetrics> rounds = new ArrayList<>();
        try {
            for (String line :
                    text(new Path(outputDir, name + "-metrics.jsonl"), conf).split("\n")) {
                if (!line.isBlank()) {
                    rounds.add(JSON.readValue(line, RoundMetrics.class));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the rounds of " + name + " in " + outputDir, e);
        }
        return new RunFiles(
                name,
                config,
                ConfigFactory.parseString(config),
                List.copyOf(rounds),
                RunRecord.read(outputDir, name, conf),
                new Tiles(outputDir, name, conf));
    }

    /** The run in a folder that has one; empty when it has left nothing yet. */
    static Optional<RunFiles> only(Path outputDir, Configuration conf) {
        FileSystem files = Storage.fileSystem(outputDir, conf);
        try {
            if (!files.exists(outputDir)) {
                return Optional.empty();
            }
            return Arrays.stream(files.listStatus(outputDir))
                    .map(status -> status.getPath().getName())
                    .filter(file -> file.endsWith(RunRecord.FILE_ENDING))
                    .map(file -> file.substring(0, file.length() - RunRecord.FILE_ENDING.length()))
                    .sorted()
                    .findFirst()
                    .map(name -> read(outputDir, name, conf));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + outputDir, e);
        }
    }

    /** Those with a validation loss. */
    List<RoundMetrics> validated() {
        return rounds.stream().filter(round -> round.validationLoss() != null).toList();
    }

    /** A key's value as people write it; empty where the run's config has no such key. */
    String key(String key) {
        return config.hasPath(key) ? config.getValue(key).unwrapped().toString() : "";
    }

    private static String text(Path file, Configuration conf) {
        try (var in = Storage.fileSystem(file, conf).open(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (FileNotFoundException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
