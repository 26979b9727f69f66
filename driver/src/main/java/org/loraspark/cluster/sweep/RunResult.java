package org.loraspark.cluster.sweep;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;
import org.loraspark.report.SweepSummary.Status;

/**
 * What became of a run: {@code run.json} in its folder, by which a sweep that starts again knows it. What is not known is
 * null.
 *
 * @param config every key
 * @param reason why it stopped or failed; empty otherwise
 * @param lasting a failure that another attempt would repeat
 * @param rung of halving up to which it has trained, from 1; 0 for none
 * @param loss mean over the last round
 * @param memoryBytes the most that a worker's process held while it trained
 * @param adapter path relative to the sweep's folder
 * @param preview path relative to the sweep's folder
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunResult(
        String name,
        Map<String, Object> config,
        Status status,
        String reason,
        boolean lasting,
        int rung,
        long steps,
        long rounds,
        Double loss,
        Double validationLoss,
        Double samplesPerSecond,
        Double seconds,
        Long memoryBytes,
        Long adapterBytes,
        String adapter,
        String preview) {
    public static final String FILE_NAME = "run.json";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    public RunResult {
        config = new LinkedHashMap<>(config);
        // JSON does not tell whole numbers of 32 bits from those of 64.
        config.replaceAll((key, value) -> value instanceof Integer whole ? Long.valueOf(whole) : value);
    }

    public static RunResult planned(String name, Map<String, Object> config) {
        return new RunResult(
                name, config, Status.PLANNED, "", false, 0, 0, 0, null, null, null, null, null, null, "", "");
    }

    public RunResult with(Status other, String why) {
        return new RunResult(
                name,
                config,
                other,
                why,
                lasting,
                rung,
                steps,
                rounds,
                loss,
                validationLoss,
                samplesPerSecond,
                seconds,
                memoryBytes,
                adapterBytes,
                adapter,
                preview);
    }

    /** @param again whether another attempt would fail in the same way */
    public RunResult failed(String why, boolean again) {
        return new RunResult(
                name,
                config,
                Status.FAILED,
                why,
                again,
                rung,
                steps,
                rounds,
                loss,
                validationLoss,
                samplesPerSecond,
                seconds,
                memoryBytes,
                null,
                "",
                "");
    }

    /** Whether nothing is left to do. */
    @JsonIgnore
    public boolean ended() {
        return status.isEnd();
    }

    /** @param folder the run's */
    public void write(Path folder, Configuration conf) {
        try {
            AtomicFiles.write(new Path(folder, FILE_NAME), conf, JSON.writeValueAsBytes(this));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + FILE_NAME + " of " + name, e);
        }
    }

    /** @param folder the run's */
    public static Optional<RunResult> read(Path folder, Configuration conf) {
        Path file = new Path(folder, FILE_NAME);
        FileSystem fileSystem = Storage.fileSystem(file, conf);
        try {
            if (!fileSystem.exists(file)) {
                return Optional.empty();
            }
            try (var in = fileSystem.open(file)) {
                return Optional.of(JSON.readValue(in.readAllBytes(), RunResult.class));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
