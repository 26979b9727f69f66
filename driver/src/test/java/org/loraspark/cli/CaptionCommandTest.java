package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code caption} says and how it exits, on pictures and models of the repository. */
@Tag("e2e")
class CaptionCommandTest {
    private static final Path DEMO = Path.of("../conf/demo");
    private static final Path TAGGER = Path.of("../executors/src/test/resources/tagger/dynamic");

    @TempDir
    Path folder;

    @Test
    void demoCaptionerSaysWhatColoursItSees() throws IOException {
        Path pictures = pictures("01.png", "02.png", "03.jpg");
        CliRun run = caption(pictures, "--model", DEMO.resolve("captioner").toString(), "--suffix", ", outline style");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("pictures  3 in ", "model     BLIP ", "captioned 3 pictures in ");
        List<String> lines = Files.readAllLines(pictures.resolve("metadata.csv"));
        assertThat(lines).hasSize(3).allMatch(line -> line.endsWith(", outline style\""));
        assertThat(lines.get(0)).startsWith("01.png,\"a ").contains("pink background");
        assertThat(lines.get(1)).contains("red background");
    }

    @Test
    void brokenAndDoublePicturesAreReported() throws IOException {
        Path pictures = pictures("01.png", "02.png");
        Files.copy(pictures.resolve("01.png"), pictures.resolve("again.png"));
        Files.write(pictures.resolve("broken.png"), new byte[] {1});
        CliRun run = caption(pictures, "--model", TAGGER.toString(), "--prefix", "ohwx", "--general-threshold", "0.1");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("captioned 3 pictures", "1 rejected", "rejected.csv");
        assertThat(run.err().lines())
                .containsExactly(
                        "lora-spark: 1 picture looks like another (01.png = again.png); --report shows them",
                        "lora-spark: 1 picture has no caption; file:" + pictures.resolve("rejected.csv") + " says why");
        assertThat(pictures.resolve("rejected.csv")).content().contains("broken.png,\"it is no picture");
    }

    private CliRun caption(Path pictures, String... more) {
        List<String> arguments = new java.util.ArrayList<>(List.of("caption", "--master", "local[1]"));
        arguments.addAll(List.of("--input", pictures.toString()));
        arguments.addAll(List.of("--output", pictures.resolve("metadata.csv").toString()));
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray(String[]::new));
    }

    private Path pictures(String... names) throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        for (String name : names) {
            Files.copy(DEMO.resolve("pictures").resolve(name), pictures.resolve(name));
        }
        return pictures;
    }
}
