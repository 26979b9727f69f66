package org.loraspark.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/**
 * A sweep as {@code sweep.json} in its output folder has it: what was varied and what each run came to.
 *
 * @param name of the sweep, for people
 * @param finished false while runs are still to come
 * @param keys the varied config keys, in the order of the command line
 * @param best name of the best run; empty while none is done
 * @param reason why it is the best, one sentence; empty while none is done
 * @param notes what the user should know
 * @param seconds of the whole sweep so far
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record SweepSummary(
        String name,
        boolean finished,
        List<String> keys,
        String best,
        String reason,
        List<String> notes,
        double seconds,
        List<Run> runs) {
    public static final String FILE_NAME = "sweep.json";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    public SweepSummary {
        keys = List.copyOf(keys);
        notes = List.copyOf(notes);
        runs = List.copyOf(runs);
    }

    /** How a run stands. */
    public enum Status {
        PLANNED,
        RUNNING,
        DONE,
        /** Ended early by halving. */
        STOPPED,
        FAILED;

        /** Whether nothing is left to do. */
        public boolean isEnd() {
            return this == DONE || this == STOPPED || this == FAILED;
        }
    }

    /**
     * One run. What is not known is null.
     *
     * @param name also its place in the folder: {@code runs/NAME}, which a run of {@code train} could have written
     * @param values the varied keys' values, as JSON has them
     * @param reason why it stopped or failed; empty otherwise
     * @param steps optimizer steps that it took
     * @param loss mean over its last round
     * @param validationLoss after its last round
     * @param memoryBytes the most that its process held
     * @param adapterBytes size of its adapter file
     * @param adapter the file's path, relative to the sweep's folder
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Run(
            String name,
            Map<String, Object> values,
            Status status,
            String reason,
            long steps,
            Double loss,
            Double validationLoss,
            Double samplesPerSecond,
            Double seconds,
            Long memoryBytes,
            Long adapterBytes,
            String adapter) {
        public Run {
            values = new LinkedHashMap<>(values);
        }

        /** Relative to the sweep's folder. */
        public String folder() {
            return "runs/" + name;
        }
    }

    /** The runs in a state. */
    public List<Run> runs(Status status) {
        List<Run> found = new ArrayList<>();
        runs.forEach(run -> {
            if (run.status() == status) {
                found.add(run);
            }
        });
        return found;
    }

    public void write(Path folder, Configuration conf) {
        try {
            AtomicFiles.write(new Path(folder, FILE_NAME), conf, JSON.writeValueAsBytes(this));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + FILE_NAME, e);
        }
    }

    public static SweepSummary read(Path folder, Configuration conf) {
        Path file = new Path(folder, FILE_NAME);
        try (var in = Storage.fileSystem(file, conf).open(file)) {
            return JSON.readValue(in.readAllBytes(), SweepSummary.class);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
