package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.tensor.HostTensor;

/** What a new user gets wrong with {@code train} and {@code caption}: status 2, one sentence with the value, and nothing written. */
@Tag("e2e")
class BadInputTest {
    private static final Path CONF = Path.of("..", "conf").toAbsolutePath().normalize();
    private static final String FULL = "spark.hadoop.fs.full.impl";

    @TempDir
    Path folder;

    private Path pictures;

    @BeforeAll
    static void mountFullDisk() {
        System.setProperty(FULL, FullDiskFileSystem.class.getName());
    }

    @AfterAll
    static void unmountFullDisk() {
        System.clearProperty(FULL);
    }

    @BeforeEach
    void copyPictures() throws IOException {
        pictures = Files.createDirectory(folder.resolve("pictures"));
        for (String name : List.of("01.png", "02.png", "03.jpg")) {
            Files.copy(CONF.resolve("demo/pictures/" + name), pictures.resolve(name));
        }
        captions("01.png,\"a circle\"", "02.png,\"a square\"", "03.jpg,\"a star\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model.base=no/such/model | no/such/model",
                "data.dir=no/such/folder | no/such/folder",
                "lora.rank=0 | lora.rank",
                "lora.rnak=4 | lora.rank",
                "data.resolution=100 | 96",
                "train.epochs=0 | train.epochs",
                "train.warmup-steps=1000 | train.warmup-steps",
                "train.learning-rate=fast | fast",
                "cluster.workers=4 | cluster.workers",
                "train.resume-from=no/such/checkpoint | no/such/checkpoint",
                "preview.sampler=ddmi | ddmi",
                "engine=cuda13 | cuda13",
            })
    void wrongValueIsNamed(String override, String named) {
        refused(named, override);
    }

    @Test
    void truncatedBaseIsRefused() throws IOException {
        Path base = copyOfBase();
        Path weights = base.resolve("unet/diffusion_pytorch_model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 1000));
        refused("diffusion_pytorch_model.safetensors", "model.base=" + base);
    }

    @Test
    void relativesOfTheBaseAreRefusedByName() {
        refused("SDXL", "model.base=" + model("xl", "conditioner.embedders.0.transformer.w", 4));
        refused("LLaMA", "model.base=" + model("llama", "model.layers.0.self_attn.q_proj.weight", 4));
        refused("LoRA", "model.base=" + model("lora", "lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", 4));
    }

    @Test
    void captionOfAnUnknownPictureIsNamed() throws IOException {
        captions("01.png,a", "02.png,b", "03.jpg,c", "99.png,\"not there\"");
        refused("99.png");
    }

    @Test
    void pictureWithoutCaptionIsNamed() throws IOException {
        captions("01.png,a", "02.png,b");
        refused("03.jpg");
    }

    @Test
    void brokenPictureIsNamed() throws IOException {
        Files.write(pictures.resolve("02.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 1, 2, 3});
        // It is found while pictures are encoded, after the plan was printed: good pictures' latents may be kept.
        CliRun run = train();
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("02.png");
        assertThat(run.err().lines().filter(line -> line.startsWith("lora-spark: ")))
                .hasSize(1);
        assertThat(files())
                .noneMatch(file -> Files.isRegularFile(file)
                        && file.startsWith(folder.resolve("out"))
                        && !file.startsWith(folder.resolve("out/work")));
    }

    @Test
    void emptyFolderIsRefused() throws IOException {
        refused("empty", "data.dir=" + Files.createDirectory(folder.resolve("empty")));
    }

    @Test
    void outputBelowAFileIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        refused("output.dir", "output.dir=" + file.resolve("out"));
        assertThat(file).hasContent("mine");
    }

    @Test
    void fullDiskIsFoundBeforeTheStart() {
        refused("disk is full", "output.dir=full://" + folder.resolve("out"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--input no/such/folder | no/such/folder",
                "--input metadata.csv | is a file",
                "--input empty | no pictures",
                "--model no/such/model | no/such/model",
                "--model pictures | neither BLIP",
                "--output pictures/metadata.csv | exists",
                "--output captions.xml | .parquet",
                "--output pictures | .parquet",
                "--output metadata.csv/below.csv | a file is in the way",
                "--output full://OUT/captions.csv | disk is full",
                "--report page.pdf | .html",
                "--engine cuda13 | cuda13",
                "--precision fp8 | fp8",
                "--batch-size 0 | --batch-size 0",
                "--beams 0 | beams",
                "--beams 3 --top-p 0.9 | --beams 1",
                "--min-length 30 | 20",
                "--general-threshold 35 | 35",
                "--master yarm | yarm",
            })
    void wrongArgumentOfCaptionIsNamed(String arguments, String named) throws IOException {
        Files.createDirectory(folder.resolve("empty"));
        Files.writeString(folder.resolve("metadata.csv"), "mine");
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--master", "local[1]");
        options.put("--input", "pictures");
        options.put("--output", "captions.csv");
        options.put("--model", CONF.resolve("demo/captioner").toString());
        String[] words = arguments.split(" ");
        for (int i = 0; i < words.length; i += 2) {
            options.put(words[i], words[i + 1].replace("OUT", folder + "/out"));
        }
        List<String> all = new ArrayList<>(List.of("caption"));
        options.forEach((name, value) -> {
            boolean path = List.of("--input", "--output", "--model", "--report").contains(name);
            all.add(name);
            all.add(path && !value.contains(":") ? folder.resolve(value).toString() : value);
        });
        refused(named, () -> CliRun.of(all.toArray(String[]::new)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--over lora.rnak=4,8 | lora.rank",
                "--over lora.rank=4,0 | --over lora.rank",
                "--over lora.rank=4,many | many",
                "--over lora.rank=4..64 | --random",
                "--over lora.rank=8,, | lora.rank=4,8,16",
                "--over lora.rank=4 --over lora.rank=8 | twice",
                "--over output.dir=a,b | output.dir",
                "--over train.learning-rate=1e-3..1e-5 --random 2 | lower end",
                "--over train.lr-scheduler=1..2 --random 2 | train.lr-scheduler",
                "--over lora.rank=4,8 --random 0 | --random",
                "--over lora.rank=4,8 --budget soon | soon",
                "--over lora.rank=4,8 --max-runs -1 | --max-runs",
                "--over train.warmup-steps=0,1000 | warmup-steps1000",
                "--over lora.rank=4,8 --halving 3 | data.validation-split",
                "--over data.dir=no/such/folder | no/such/folder",
            })
    void wrongSweepIsNamed(String options, String named) {
        List<Path> before = files();
        CliRun run = sweep(options.split(" "));
        run.assertRefused();
        assertThat(run.err()).contains(named);
        assertThat(files()).as("files after: %s", run.err()).isEqualTo(before);
    }

    private void refused(String named, String... overrides) {
        refused(named, () -> train(overrides));
    }

    private void refused(String named, Supplier<CliRun> command) {
        List<Path> before = files();
        CliRun run = command.get();
        run.assertRefused();
        assertThat(run.err()).contains(named);
        assertThat(files()).as("files after: %s", run.err()).isEqualTo(before);
    }

    private CliRun train(String... overrides) {
        return CliRun.of(arguments("train", overrides).toArray(String[]::new));
    }

    private CliRun sweep(String... options) {
        List<String> arguments = arguments("sweep");
        arguments.addAll(List.of(options));
        return CliRun.of(arguments.toArray(String[]::new));
    }

    private List<String> arguments(String command, String... overrides) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("model.base", CONF.resolve("demo/base").toString());
        settings.put("data.dir", pictures.toString());
        settings.put("data.validation-dir", "");
        settings.put("train.epochs", "1");
        settings.put("output.dir", folder.resolve("out").toString());
        for (String override : overrides) {
            settings.put(override.substring(0, override.indexOf('=')), override.substring(override.indexOf('=') + 1));
        }
        List<String> arguments = new ArrayList<>(List.of(
                command,
                "--master",
                "local[1]",
                "--config",
                CONF.resolve("parity.conf").toString(),
                "--set"));
        settings.forEach((key, value) -> arguments.add(key + "=" + value));
        return arguments;
    }

    private List<Path> files() {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void captions(String... lines) throws IOException {
        Files.write(pictures.resolve("metadata.csv"), List.of(lines));
    }

    private Path copyOfBase() throws IOException {
        Path source = CONF.resolve("demo/base");
        Path target = folder.resolve("base");
        try (Stream<Path> all = Files.walk(source)) {
            for (Path path : all.toList()) {
                Files.copy(path, target.resolve(source.relativize(path).toString()));
            }
        }
        return target;
    }

    private Path model(String name, String key, int size) {
        Path file = folder.resolve(name + ".safetensors");
        SafetensorsWriter.write(
                new org.apache.hadoop.fs.Path(file.toUri()),
                new Configuration(),
                Map.of(key, HostTensor.of(new float[size], size)),
                Map.of());
        return file;
    }
}
