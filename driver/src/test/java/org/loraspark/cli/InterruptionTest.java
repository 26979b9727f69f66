package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command that is stopped from outside in the middle of its work. */
class InterruptionTest {
    private static final Path CONF = Path.of("../conf");

    /** 128 plus the number of SIGTERM, which this JVM can send; Ctrl-C goes the same way. */
    private static final int TERMINATED = 143;

    @TempDir
    private Path folder;

    @Test
    void aStoppedTrainingSaysSoAndThatItStartsAgain() throws Exception {
        String said = stopped("output.save-steps=0");
        assertThat(said)
                .endsWith("lora-spark: stopped; there was no checkpoint yet, and the same command starts again\n");
        assertThat(Files.readString(folder.resolve("out/report.html"))).contains("It was interrupted");
    }

    @Test
    void itKeepsTheLastRoundAndNamesItsCheckpoint() throws Exception {
        String said = stopped("output.save-steps=1000");
        assertThat(said)
                .containsPattern(
                        "lora-spark: stopped; the same command with --set train.resume-from=latest goes on from"
                                + " the checkpoint lora-step0+[1-9]\\d*\n$");
        String name = said.substring(said.lastIndexOf(' ') + 1).strip();
        assertThat(name).endsWith("step%08d".formatted(rounds()));
        assertThat(folder.resolve("out/checkpoints").resolve(name)).isDirectory();
    }

    private long rounds() throws IOException {
        Path metrics = folder.resolve("out/lora-metrics.jsonl");
        if (!Files.exists(metrics)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(metrics)) {
            return lines.count();
        }
    }

    /** Everything that was said, up to the end of the process. */
    private String stopped(String setting) throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        Process training = CliProcess.of(List.of(
                        "train",
                        "--master",
                        "local[1]",
                        "--config",
                        CONF.resolve("parity.conf").toString(),
                        "--set",
                        "model.base=" + CONF.resolve("demo/base"),
                        "data.dir=" + CONF.resolve("demo/pictures"),
                        "data.validation-dir=",
                        "data.resolution=64",
                        "train.epochs=300",
                        "cluster.workers=1",
                        "cluster.sync-every-steps=1",
                        "output.name=lora",
                        "output.dir=" + folder.resolve("out"),
                        setting))
                .redirectOutput(log.toFile())
                .start();
        try {
            while (training.isAlive() && rounds() < 3) {
                Thread.sleep(50);
            }
            training.destroy();
            assertThat(training.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } finally {
            training.destroyForcibly();
        }
        String said = Files.readString(log);
        assertThat(training.exitValue()).as(said).isEqualTo(TERMINATED);
        assertThat(said).contains("steps 1/").doesNotContain("Exception", "ERROR", "WARN", "\tat ");
        return said;
    }
}
