package org.loraspark.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;

/** Keeps {@link RunRecord} and {@link RunReport} of a run up to date while it runs. */
public final class RunRecorder {
    /** A page of a running run may be this old: short rounds would spend their time on pages otherwise. */
    private static final long PAGE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Path outputDir;
    private final Configuration conf;
    private final Tiles tiles;
    private RunRecord record;
    private long pageWritten = System.nanoTime();

    /** @param startStep where the run goes on; what an older run recorded up to there is kept, the rest dropped */
    public RunRecorder(
            Path outputDir,
            String name,
            RunRecord.Setting setting,
            List<String> prompts,
            long startStep,
            Configuration conf) {
        this.outputDir = outputDir;
        this.conf = conf;
        this.tiles = new Tiles(outputDir, name, conf);
        Optional<RunRecord> before = startStep == 0 ? Optional.empty() : RunRecord.read(outputDir, name, conf);
        // Pictures of other prompts do not belong beside those to come.
        List<RunRecord.Preview> previews = before.filter(old -> old.prompts().equals(prompts))
                .map(RunRecord::previews)
                .orElse(List.of());
        this.record = new RunRecord(
                name,
                setting,
                RunRecord.Status.RUNNING,
                "",
                before.map(RunRecord::baseLoss).orElse(null),
                prompts,
                previews.stream().filter(p -> p.step() <= startStep).toList(),
                List.of());
        record.write(outputDir, conf);
    }

    /** The validation loss before the first step. */
    public void baseLoss(double loss) {
        record = record.withBaseLoss(loss);
        record.write(outputDir, conf);
    }

    /**
     * @param base the base model's pictures of the prompts
     * @param adapted the adapter's
     */
    public void preview(long round, long step, List<RgbImage> base, List<RgbImage> adapted, double seconds) {
        tiles.base(base);
        tiles.afterStep(step, adapted);
        List<RunRecord.Preview> previews = new ArrayList<>(record.previews());
        previews.removeIf(preview -> preview.step() >= step);
        previews.add(new RunRecord.Preview(round, step, seconds));
        record = record.withPreviews(previews);
        record.write(outputDir, conf);
    }

    /** To be called when the metrics of one or more rounds have been written. */
    public void roundsDone() {
        if (System.nanoTime() - pageWritten > PAGE_NANOS) {
            writePage();
        }
    }

    /** @param adapters the files, under the output folder */
    public Path done(List<Path> adapters) {
        List<RunRecord.Adapter> files = new ArrayList<>();
        for (Path adapter : adapters) {
            String folder = Storage.qualified(outputDir, conf).toUri().getPath().replaceFirst("/*$", "/");
            String file = Storage.qualified(adapter, conf).toUri().getPath().substring(folder.length());
            try {
                long bytes =
                        Storage.fileSystem(adapter, conf).getFileStatus(adapter).getLen();
                files.add(new RunRecord.Adapter(file, bytes));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot look at " + adapter, e);
            }
        }
        return end(record.withEnd(RunRecord.Status.DONE, "", files));
    }

    /** The run was ended before its last step, on purpose. */
    public Path stopped() {
        return end(record.withEnd(RunRecord.Status.STOPPED, "", List.of()));
    }

    /** The report of a failure never hides the failure. */
    public void failed(Exception reason) {
        String words = String.valueOf(reason.getMessage()).lines().findFirst().orElse("");
        endAfter(reason, record.withEnd(RunRecord.Status.FAILED, words, List.of()));
    }

    /** The program was ended while the run went on. */
    public void interrupted(Exception consequence) {
        endAfter(consequence, record.withEnd(RunRecord.Status.STOPPED, RunRecord.INTERRUPTED, List.of()));
    }

    private void endAfter(Exception reason, RunRecord ended) {
        try {
            end(ended);
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        }
    }

    private Path end(RunRecord ended) {
        record = ended;
        record.write(outputDir, conf);
        return writePage();
    }

    private Path writePage() {
        Path page = RunReport.write(outputDir, record.name(), conf);
        pageWritten = System.nanoTime();
        return page;
    }
}
