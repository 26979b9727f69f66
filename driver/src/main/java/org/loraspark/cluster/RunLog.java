package org.loraspark.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.EventsWriter;
import org.loraspark.io.RgbImage;
import org.loraspark.report.RoundMetrics;

/**
 * A run's record in its output folder: {@code logs/} with TensorBoard events and {@code NAME-metrics.jsonl} with one
 * line of JSON for each round. A resumed run keeps the rounds before its checkpoint and drops those after it.
 */
final class RunLog implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path metricsFile;
    private final Configuration conf;
    private final EventsWriter events;
    private final List<RoundMetrics> rounds;

    RunLog(Path outputDir, String name, Configuration conf, List<RoundMetrics> before) {
        this.metricsFile = new Path(outputDir, name + "-metrics.jsonl");
        this.conf = conf;
        this.rounds = new ArrayList<>(before);
        this.events = EventsWriter.open(new Path(outputDir, "logs/" + name), conf);
        publish();
    }

    void add(List<RoundMetrics> more) {
        rounds.addAll(more);
        more.forEach(round -> events.scalars(round.step(), round.scalars()));
        publish();
    }

    void image(String tag, long step, RgbImage image) {
        events.image(tag, step, image);
    }

    void text(String tag, String markdown) {
        events.text(tag, 0, markdown);
    }

    List<RoundMetrics> rounds() {
        return List.copyOf(rounds);
    }

    private void publish() {
        StringBuilder lines = new StringBuilder();
        try {
            for (RoundMetrics round : rounds) {
                lines.append(JSON.writeValueAsString(round)).append('\n');
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of numbers has a JSON form", e);
        }
        AtomicFiles.write(metricsFile, conf, lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        events.close();
    }
}
