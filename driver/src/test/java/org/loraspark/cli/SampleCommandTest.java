package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.loraspark.golden.Golden;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.tensor.HostTensor;

/** On the demo model, two steps and 64 pixels; the adapter of the parity fixtures adapts UNet and text encoder. */
class SampleCommandTest {
    private static final String BASE = Golden.demo("base").toString();
    private static final String STAR = "a big red star on a blue background";

    @TempDir
    Path folder;

    private Path loras;

    @BeforeEach
    void copyAdapter() throws IOException {
        loras = Files.createDirectory(folder.resolve("loras"));
        Files.copy(Golden.path("lora.safetensors"), loras.resolve("ink.safetensors"));
    }

    @Test
    void finalLatentIsThatOfDiffusers() {
        Path latent = folder.resolve("latent.safetensors");
        succeed(arguments(
                STAR + " <lora:ink:1>",
                "--noise",
                Golden.path("sample/sample.safetensors").toString(),
                "--latent",
                latent.toString(),
                "--steps",
                "10",
                "--guidance",
                "5"));
        try (SafetensorsFile ours = SafetensorsFile.open(latent);
                SafetensorsFile expected = Golden.open("sample/sample")) {
            assertThat(ours.info("latent").shape()).containsExactly(1, 4, 16, 12);
            Golden.assertClose("latent", ours.tensor("latent").toFloats(), expected.tensor("ddim.latent"), 2e-3);
        }
        assertThat(picture("x.png").width()).isEqualTo(96);
        assertThat(picture("x.png").height()).isEqualTo(128);
    }

    @Test
    void sameSeedGivesTheSamePictureAndTheNextSeedAnother() {
        CliRun run = succeed(small(STAR, "--seed", "7"));
        assertThat(run.out()).isEqualTo(folder.resolve("x.png") + " (seed 7)\n");
        RgbImage first = picture("x.png");
        assertThat(first.width()).isEqualTo(64);
        succeed(small(STAR, "--seed", "6", "--count", "2"));
        assertThat(picture("x-2.png")).isEqualTo(first);
        assertThat(picture("x-1.png")).isNotEqualTo(first);
    }

    @Test
    void strengthsAddUpAndNoneIsTheBaseModel() {
        float[] base = latent(STAR);
        float[] whole = latent(STAR + " <lora:ink:1>");
        assertThat(distance(base, whole)).isGreaterThan(1e-2);
        assertThat(latent(STAR + " <lora:ink:0>")).isEqualTo(base);
        assertThat(distance(latent(STAR + " <lora:ink:0.5> <lora:ink.safetensors:0.5>"), whole))
                .isLessThan(1e-5);

        float[] textOnly = latent(STAR + " <lora:ink:1:0>");
        float[] unetOnly = latent(STAR + " <lora:ink:0:1>");
        assertThat(distance(textOnly, base)).isGreaterThan(1e-3);
        assertThat(distance(unetOnly, base)).isGreaterThan(1e-3);
        assertThat(distance(textOnly, unetOnly)).isGreaterThan(1e-3);
    }

    @Test
    void adapterIsFoundInEitherDialectAndByTheNameItsTrainerGave() throws IOException {
        float[] kohya = latent(STAR + " <lora:ink:1>");
        Path peft = Files.createDirectory(loras.resolve("brush"));
        succeed(List.of(
                "convert",
                loras.resolve("ink.safetensors").toString(),
                "--to",
                "peft",
                "--output",
                peft.resolve("pytorch_lora_weights.safetensors").toString()));
        assertThat(latent(STAR + " <lora:brush:1>")).isEqualTo(kohya);

        named(loras.resolve("file-1.safetensors"), "watercolour");
        assertThat(latent(STAR + " <lora:watercolour:1>")).isEqualTo(kohya);
        named(loras.resolve("file-2.safetensors"), "watercolour");
        refuse(STAR + " <lora:watercolour:1>", "could be any of file-1, file-2");
    }

    @Test
    void pictureTellsHowItWasMade() throws IOException {
        succeed(small(STAR + " <lora:ink:0.5>", "--seed", "3", "--negative", "blurry", "--sampler", "dpmpp_2m"));
        String png = new String(Files.readAllBytes(folder.resolve("x.png")), StandardCharsets.ISO_8859_1);
        assertThat(png)
                .contains("tEXtparameters\0" + STAR + " <lora:ink:0.5>\nNegative prompt: blurry\n"
                        + "Steps: 2, Sampler: DPM++ 2M, CFG scale: 7.5, Seed: 3, Size: 64x64, Model: base, Lora hashes:"
                        + " \"ink: ");
    }

    @Test
    void promptBeyondTheModelsSightIsSaid() {
        CliRun run = succeed(small("star ".repeat(80), "--seed", "1"));
        assertThat(run.err()).contains("the prompt has 80 tokens, the model reads the first 75");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "<lora:inc:1> | --seed 1 | did you mean ink? There: ink",
                "<lora:ink:much> | --seed 1 | the strength 'much'",
                "<lora:ink:Infinity> | --seed 1 | not a finite number",
                "star | --negative <lora:ink:1> | adapters belong into --prompt",
                "star | --sampler magic | unknown sampler 'magic'; known: ddim",
                "star | --steps 0 | between 1 and 1000, got 0",
                "star | --guidance NaN | guidance scale must be a number",
                "star | --width 100 | multiples of 8, got 100x64",
                "star | --seed -7 | --seed -7 must be at least 0",
                "star | --count 0 | --count 0 must be at least 1",
                "star | --clip-skip 9 | --clip-skip 9 must be between 1 and 3",
                "star | --precision fp8 | --precision fp8 must be fp32",
                "star | --engine warp | unknown engine 'warp'",
                "star | --noise missing.safetensors | no such file",
                "star | --base missing | does not exist",
                "<lora:ink:1> | --lora-dir missing | is no folder",
                "star | --output x.jpg | must end in .png",
            })
    void wrongInputIsOneSentence(String prompt, String options, String expected) throws IOException {
        List<String> before = CliRun.filesIn(folder);
        refuse(prompt, expected, options.split(" "));
        assertThat(CliRun.filesIn(folder)).isEqualTo(before);
    }

    @Test
    void adapterWithoutFolderOrForAnotherModelIsRefused() throws IOException {
        List<String> bare = List.of(
                "sample",
                "--base",
                BASE,
                "--prompt",
                "x <lora:ink:1>",
                "--output",
                folder.resolve("x.png").toString());
        CliRun run = CliRun.of(bare.toArray(String[]::new));
        run.assertRefused();
        assertThat(run.err()).contains("names the adapter ink; --lora-dir");

        rewrite(loras.resolve("wide.safetensors"), Map.of(), tensors -> {
            String key = "lora_te_text_model_encoder_layers_2_mlp_fc1.lora_up.weight";
            tensors.replace(key, HostTensor.of(new float[3072 * 4], 3072, 4));
        });
        refuse("x <lora:wide:1>", "text_encoder.text_model.encoder.layers.2.mlp.fc1 goes from 64 to 3072");
        assertThat(CliRun.filesIn(folder)).noneMatch(name -> name.endsWith(".png"));
    }

    private List<String> arguments(String prompt, String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "sample",
                "--base",
                BASE,
                "--lora-dir",
                loras.toString(),
                "--prompt",
                prompt,
                "--output",
                folder.resolve("x.png").toString()));
        for (int i = 0; i < options.length; i += 2) {
            int there = arguments.indexOf(options[i]);
            if (there > 0) {
                arguments.set(there + 1, options[i + 1]);
            } else {
                arguments.addAll(List.of(options[i], options[i + 1]));
            }
        }
        return arguments;
    }

    private List<String> small(String prompt, String... options) {
        List<String> all = new ArrayList<>(List.of("--steps", "2", "--width", "64", "--height", "64"));
        for (int i = 0; i < options.length; i += 2) {
            int there = all.indexOf(options[i]);
            if (there >= 0) {
                all.set(there + 1, options[i + 1]);
            } else {
                all.addAll(List.of(options[i], options[i + 1]));
            }
        }
        return arguments(prompt, all.toArray(String[]::new));
    }

    /** After one step from pure noise, without guidance. */
    private float[] latent(String prompt) {
        Path file = folder.resolve("latent.safetensors");
        String[] options = {"--steps", "1", "--sampler", "euler_a", "--guidance", "1", "--seed", "5"};
        List<String> arguments = small(prompt, options);
        arguments.addAll(List.of("--latent", file.toString()));
        succeed(arguments);
        try (SafetensorsFile latent = SafetensorsFile.open(file)) {
            return latent.tensor("latent").toFloats();
        }
    }

    private RgbImage picture(String name) {
        try {
            return Images.decode(Files.readAllBytes(folder.resolve(name)), name);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void refuse(String prompt, String expected, String... options) {
        CliRun run = CliRun.of(small(prompt, options).toArray(String[]::new));
        run.assertRefused();
        assertThat(run.err()).contains(expected);
    }

    private static CliRun succeed(List<String> arguments) {
        CliRun run = CliRun.of(arguments.toArray(String[]::new));
        assertThat(run.status()).as(run.err()).isZero();
        return run;
    }

    /** The largest difference as a share of the largest value. */
    private static double distance(float[] a, float[] b) {
        double difference = 0;
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            difference = Math.max(difference, Math.abs((double) a[i] - b[i]));
            largest = Math.max(largest, Math.abs(b[i]));
        }
        return difference / largest;
    }

    private static void named(Path target, String outputName) {
        rewrite(target, Map.of("ss_output_name", outputName), tensors -> {});
    }

    private interface Change {
        void to(Map<String, HostTensor> tensors);
    }

    private static void rewrite(Path target, Map<String, String> metadata, Change change) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = Golden.open("lora")) {
            file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        }
        change.to(tensors);
        SafetensorsWriter.write(new org.apache.hadoop.fs.Path(target.toUri()), new Configuration(), tensors, metadata);
    }
}
