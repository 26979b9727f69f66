package org.loraspark.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;

/**
 * What the config and the rounds of a run do not say: {@code NAME-run.json} in its output folder. A resumed run goes on
 * with the record of the run that was stopped.
 *
 * @param name of the adapter's file, without its ending
 * @param setting what was known before the start
 * @param status how the run stands
 * @param failure why it stopped; empty otherwise
 * @param baseLoss validation loss before the first step; null when nothing is held out
 * @param prompts of the previews
 * @param previews made so far, by step
 * @param adapters the written files
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunRecord(
        String name,
        Setting setting,
        Status status,
        String failure,
        Double baseLoss,
        List<String> prompts,
        List<Preview> previews,
        List<Adapter> adapters) {
    static final String INTERRUPTED = "interrupted";
    static final String FILE_ENDING = "-run.json";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** How a run stands. */
    public enum Status {
        RUNNING,
        DONE,
        /** Ended before its last step, by a sweep or by the user. */
        STOPPED,
        FAILED
    }

    /**
     * The run as it was planned.
     *
     * @param base one line about the base model
     * @param visits of pictures, in an epoch
     * @param samples a few of the training pictures
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Setting(
            String base,
            int pictures,
            long visits,
            int heldOut,
            int leftOut,
            List<Sample> samples,
            int modules,
            long parameters,
            String engine,
            String precision,
            long totalSteps,
            long stepsPerEpoch,
            long rounds,
            double encodeSeconds,
            List<String> notes) {}

    /** @param thumbnail a data URI; empty when the picture could not be read */
    public record Sample(String file, String caption, String thumbnail) {
        private static final int SIDE = 144;
        private static final int QUALITY = 80;

        public static Sample of(String file, String caption, RgbImage picture) {
            return new Sample(file, caption, Tiles.uri(Images.toSmallWebp(picture, SIDE, QUALITY)));
        }
    }

    /** @param seconds that its pictures took */
    public record Preview(long round, long step, double seconds) {}

    /** @param file its path, relative to the output folder */
    public record Adapter(String file, long bytes) {}

    RunRecord withBaseLoss(double loss) {
        return new RunRecord(name, setting, status, failure, loss, prompts, previews, adapters);
    }

    RunRecord withPreviews(List<Preview> made) {
        return new RunRecord(name, setting, status, failure, baseLoss, prompts, List.copyOf(made), adapters);
    }

    RunRecord withEnd(Status end, String reason, List<Adapter> files) {
        return new RunRecord(name, setting, end, reason, baseLoss, prompts, previews, List.copyOf(files));
    }

    void write(Path outputDir, Configuration conf) {
        try {
            AtomicFiles.write(file(outputDir, name), conf, JSON.writeValueAsBytes(this));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the record of " + name, e);
        }
    }

    static Optional<RunRecord> read(Path outputDir, String name, Configuration conf) {
        Path file = file(outputDir, name);
        try (var in = Storage.fileSystem(file, conf).open(file)) {
            return Optional.of(JSON.readValue(in.readAllBytes(), RunRecord.class));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static Path file(Path outputDir, String name) {
        return new Path(outputDir, name + FILE_ENDING);
    }
}
