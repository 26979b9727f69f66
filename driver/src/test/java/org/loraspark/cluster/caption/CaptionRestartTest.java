package org.loraspark.cluster.caption;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.cli.CliProcess;
import org.loraspark.cluster.SparkSessions;

/** A driver process that is killed while it captions: it waits for its last picture, which is a pipe without a writer. */
@Tag("cluster")
class CaptionRestartTest {
    private static final int PICTURES = 120;

    @TempDir
    Path folder;

    @TempDir
    Path log;

    @Test
    void secondStartAfterAKilledDriverDoesTheRest() throws Exception {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int i = 0; i < PICTURES - 1; i++) {
            Files.write(pictures.resolve(name(i)), TestPictures.file("png", i));
        }
        Path last = pictures.resolve(name(PICTURES - 1));
        assertThat(new ProcessBuilder("mkfifo", last.toString()).start().waitFor())
                .isZero();
        Path output = folder.resolve("captions.csv");
        killDriverAfterTwoTasks(pictures, output);
        assertThat(output).doesNotExist();
        long recorded = 0;
        for (Path part : parts()) {
            recorded += Files.readAllLines(part).size();
        }
        assertThat(recorded).isBetween(PICTURES / 2L, PICTURES - 1L);
        Files.delete(last);
        Files.write(last, TestPictures.file("png", PICTURES - 1));

        try (SparkSession spark = SparkSessions.open("local[2]", "test", 2)) {
            CaptionJob job = new CaptionJob(Orders.of(pictures, output).order(), spark);
            assertThat(job.plan()).contains(recorded + " were finished before the job was stopped");
            job.run();
        }
        assertThat(Files.readAllLines(output))
                .containsExactlyElementsOf(IntStream.range(0, PICTURES)
                        .mapToObj(i -> name(i) + ",\"" + TestPictures.caption(i) + "\"")
                        .toList());
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactlyInAnyOrder(pictures, output);
        }
    }

    private static String name(int number) {
        return String.format("%03d.png", number);
    }

    private void killDriverAfterTwoTasks(Path pictures, Path output) throws Exception {
        Process driver = CliProcess.of(List.of(
                        "caption",
                        "--master",
                        "local[1]",
                        "--input",
                        pictures.toString(),
                        "--output",
                        output.toString(),
                        "--model",
                        Orders.TAGGERS.resolve("dynamic").toString()))
                .redirectOutput(log.resolve("driver.log").toFile())
                .start();
        try (WatchService watch = folder.getFileSystem().newWatchService()) {
            while (parts().size() < 2) {
                assertThat(driver.isAlive()).isTrue();
                List<Path> watched = folders();
                for (Path inner : watched) {
                    inner.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
                }
                // A folder that came while the others were registered is not watched yet.
                if (parts().size() < 2 && folders().equals(watched)) {
                    WatchKey key = watch.poll(2, TimeUnit.MINUTES);
                    assertThat(key).as("news of the job within two minutes").isNotNull();
                    key.pollEvents();
                    key.reset();
                }
            }
        } finally {
            driver.destroyForcibly().waitFor();
        }
    }

    /** The test's folder, and the job's below it as far as they are there. */
    private List<Path> folders() {
        List<Path> folders = new ArrayList<>(List.of(folder));
        File work = folder.resolve(".captions.csv.work").toFile();
        if (work.isDirectory()) {
            folders.add(work.toPath());
            Stream.of(work.listFiles(File::isDirectory)).map(File::toPath).forEach(folders::add);
        }
        return folders;
    }

    private List<Path> parts() {
        return folders().stream()
                .flatMap(inner -> Stream.of(inner.toFile().listFiles()))
                .map(File::toPath)
                .filter(file -> file.getFileName().toString().startsWith("part-"))
                .toList();
    }
}
