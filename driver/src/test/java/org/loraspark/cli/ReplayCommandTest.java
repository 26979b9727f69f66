package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.golden.Golden;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.tensor.HostTensor;

/** The written file against that of diffusers and PEFT, and batches that are none. */
class ReplayCommandTest {
    private static final String BASE = Golden.demo("base").toString();
    private static final Path LORA = Golden.path("lora.safetensors");
    private static final Path BATCH = Golden.path("replay/batch.safetensors");

    @TempDir
    Path folder;

    @Test
    void writtenFileHoldsWhatPytorchFound() {
        Path output = folder.resolve("result.safetensors");
        CliRun run = replay(LORA, BATCH, output);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).startsWith(output + ": loss 0.").contains("422 tensors");
        try (SafetensorsFile actual = SafetensorsFile.open(output);
                SafetensorsFile expected = Golden.open("replay/expected")) {
            assertThat(new TreeSet<>(actual.names())).isEqualTo(new TreeSet<>(expected.names()));
            for (String key : expected.names()) {
                assertThat(actual.info(key).shape())
                        .as(key)
                        .isEqualTo(expected.info(key).shape());
                assertThat(actual.info(key).dtype()).isEqualTo("F32");
                double tolerance = key.equals("loss") ? 1e-5 : key.equals("model_pred") ? 1e-4 : 1e-3;
                Golden.assertClose(key, actual.tensor(key).toFloats(), expected.tensor(key), tolerance);
            }
        }
    }

    @Test
    void adapterWithoutTextEncoderGetsGradientsOfItsOwnKeysOnly() {
        Path unetOnly = folder.resolve("unet.safetensors");
        rewrite(LORA, unetOnly, tensors -> tensors.keySet().removeIf(key -> key.startsWith("lora_te_")));
        Path output = folder.resolve("result.safetensors");
        CliRun run = replay(unetOnly, BATCH, output);
        assertThat(run.status()).as(run.err()).isZero();
        try (SafetensorsFile result = SafetensorsFile.open(output);
                SafetensorsFile expected = Golden.open("replay/expected")) {
            assertThat(result.names()).hasSize(2 + 2 * 192).noneMatch(key -> key.contains("lora_te_"));
            // The text encoder's adapter is gone, so that prediction and loss are others.
            assertThat(result.tensor("loss").toFloats()[0])
                    .isNotCloseTo(expected.tensor("loss").toFloats()[0], within(1e-6f));
        }
    }

    @Test
    void batchesThatAreNoneAreRefusedAndNothingIsWritten() throws IOException {
        refuse("no tensor noise", batch -> batch.remove("noise"));
        refuse("no tensor input_ids", batch -> batch.remove("input_ids"));
        refuse(
                "latents",
                "must be [n, 4, height, width]",
                batch -> batch.replace("latents", batch.get("latents").reshape(2, 8, 8, 12)));
        refuse(
                "noise",
                "must be [2,4,16,12]",
                batch -> batch.replace("noise", batch.get("noise").reshape(2, 4, 12, 16)));
        refuse("timesteps", "integers", batch -> batch.replace("timesteps", HostTensor.of(new float[] {1, 2}, 2)));
        refuse(
                "timesteps",
                "between 0 and 999",
                batch -> batch.replace("timesteps", HostTensor.of(new long[] {1, 1000}, 2)));
        refuse(
                "input_ids",
                "must be [2,77]",
                batch -> batch.replace("input_ids", HostTensor.of(new long[2 * 76], 2, 76)));
        refuse(
                "latents",
                "floating-point",
                batch -> batch.replace("latents", HostTensor.of(new long[1536], 2, 4, 16, 12)));
        refuse("noise", "finite", batch -> {
            float[] noise = batch.get("noise").toFloats();
            noise[7] = Float.NaN;
            batch.replace("noise", HostTensor.of(noise, 2, 4, 16, 12));
        });
    }

    @Test
    void adapterOfAnotherModelIsRefusedByItsFirstModule() throws IOException {
        Path wide = folder.resolve("wide.safetensors");
        String key = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight";
        rewrite(LORA, wide, tensors -> tensors.replace(key, HostTensor.of(new float[4 * 320], 4, 320)));
        CliRun run = replay(wide, BATCH, folder.resolve("result.safetensors"));
        run.assertRefused();
        assertThat(run.err())
                .contains("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q goes from 320 to 128")
                .contains("from 128 to 128 in the model");
        assertThat(CliRun.filesIn(folder)).containsExactly("wide.safetensors");
    }

    @Test
    void missingFilesAndUnknownEnginesAreRefused() throws IOException {
        Path output = folder.resolve("result.safetensors");
        replay(folder.resolve("no.safetensors"), BATCH, output).assertRefused();
        replay(LORA, folder.resolve("no.safetensors"), output).assertRefused();
        CliRun engine = CliRun.of(
                "replay",
                "--base",
                BASE,
                "--lora",
                LORA.toString(),
                "--batch",
                BATCH.toString(),
                "--output",
                output.toString(),
                "--engine",
                "warp");
        engine.assertRefused();
        assertThat(engine.err()).contains("unknown engine 'warp'");
        assertThat(CliRun.filesIn(folder)).isEmpty();
    }

    private interface Change {
        void to(Map<String, HostTensor> tensors);
    }

    private void refuse(String expected, Change change) throws IOException {
        refuse(expected, expected, change);
    }

    private void refuse(String expected, String alsoExpected, Change change) throws IOException {
        Path batch = folder.resolve("batch.safetensors");
        rewrite(BATCH, batch, change);
        CliRun run = replay(LORA, batch, folder.resolve("result.safetensors"));
        run.assertRefused();
        assertThat(run.err()).contains(expected, alsoExpected, batch.toString());
        assertThat(CliRun.filesIn(folder)).containsExactly("batch.safetensors");
        Files.delete(batch);
    }

    private static CliRun replay(Path lora, Path batch, Path output) {
        return CliRun.of(
                "replay",
                "--base",
                BASE,
                "--lora",
                lora.toString(),
                "--batch",
                batch.toString(),
                "--output",
                output.toString());
    }

    private static void rewrite(Path from, Path to, Change change) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(from)) {
            file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        }
        change.to(tensors);
        SafetensorsWriter.write(new org.apache.hadoop.fs.Path(to.toUri()), new Configuration(), tensors, Map.of());
    }
}
