package org.loraspark.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.io.RgbImage;

/** What a run leaves in its folder, written without a run. */
final class WrittenRun {
    static final String NAME = "lora";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final List<RoundMetrics> rounds = new ArrayList<>();
    private int workers = 1;
    private Double baseLoss;
    private List<String> prompts = List.of();

    WrittenRun(Path folder) {
        this.folder = folder;
    }

    WrittenRun workers(int number) {
        workers = number;
        return this;
    }

    WrittenRun prompts(String... texts) {
        prompts = List.of(texts);
        return this;
    }

    WrittenRun baseLoss(double loss) {
        baseLoss = loss;
        return this;
    }

    /** @param validation null for none */
    WrittenRun round(double loss, Double validation) {
        long n = rounds.size() + 1;
        double drift = workers == 1 ? 0 : 0.4;
        rounds.add(new RoundMetrics(
                n,
                10 * n,
                n,
                40 * n,
                loss,
                validation,
                1e-4,
                5e-5,
                0.1,
                drift,
                8,
                5,
                0.2,
                0.1,
                0.05,
                1,
                1_234_000_000));
        return this;
    }

    /** The run after its last round, not yet ended. */
    RunRecorder recorder(String caption) {
        write(
                "lora-metrics.jsonl",
                String.join("\n", rounds.stream().map(WrittenRun::json).toList()));
        write("lora.conf", """
                model.base = "base <b>model</b>"
                data.dir = "pictures"
                data.resolution = [64,64]
                lora.rank = 8
                lora.alpha = 4.0
                lora.dropout = 0.0
                train.epochs = 6
                train.batch-size = 2
                train.gradient-accumulation-steps = 1
                train.learning-rate = 1.0E-4
                train.lr-scheduler = "cosine_with_restarts"
                train.seed = 7
                cluster.workers = %d
                """.formatted(workers));
        var samples = List.of(RunRecord.Sample.of("1.png", caption, picture(9)));
        var setting = new RunRecord.Setting(
                "Stable Diffusion 1.x", 6, 6, 2, 0, samples, 192, 1000, "nd4j", "fp32", 60, 10, 6, 2, List.of());
        RunRecorder recorder = new RunRecorder(path(), NAME, setting, prompts, 0, conf());
        if (baseLoss != null) {
            recorder.baseLoss(baseLoss);
        }
        return recorder;
    }

    void finished(String caption) {
        RunRecorder recorder = recorder(caption);
        write("lora.safetensors", "x".repeat(1500));
        for (RoundMetrics round : rounds) {
            if (!prompts.isEmpty()) {
                recorder.preview(round.round(), round.step(), pictures(0), pictures((int) round.round()), 1);
            }
        }
        recorder.done(List.of(new org.apache.hadoop.fs.Path(path(), "lora.safetensors")));
    }

    private List<RgbImage> pictures(int shade) {
        return prompts.stream().map(prompt -> picture(shade)).toList();
    }

    private static RgbImage picture(int shade) {
        byte[] pixels = new byte[3 * 64 * 64];
        Arrays.fill(pixels, (byte) (20 * shade));
        return new RgbImage(64, 64, pixels);
    }

    org.apache.hadoop.fs.Path path() {
        return new org.apache.hadoop.fs.Path(folder.toUri());
    }

    static Configuration conf() {
        return new Configuration();
    }

    private void write(String file, String text) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String json(RoundMetrics round) {
        try {
            return JSON.writeValueAsString(round);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
