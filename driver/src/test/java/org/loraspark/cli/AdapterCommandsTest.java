package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.io.LoraFile;
import org.loraspark.io.LoraFiles;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.Merging;

/** On the adapter of the parity fixtures: rank 4, another alpha, no zero matrices. */
class AdapterCommandsTest {
    @TempDir
    Path folder;

    private Path lora;

    @BeforeEach
    void copyAdapter() throws IOException {
        lora = folder.resolve("lora.safetensors");
        try (InputStream in = AdapterCommandsTest.class.getResourceAsStream("/golden/lora.safetensors")) {
            Files.copy(in, lora);
        }
    }

    @Test
    void inspectTellsWhatAnAdapterIs() {
        CliRun run = succeed("inspect", lora.toString());
        assertThat(run.out())
                .contains("Kind     LoRA for Stable Diffusion 1.x, kohya keys")
                .contains("Modules  192 of the UNet, 18 of the text encoder")
                .contains("Rank     4\n");
    }

    @Test
    void inspectTellsWhatABaseModelIs() {
        assertThat(succeed("inspect", "../conf/demo/base").out())
                .contains("Kind     Stable Diffusion 1.x, diffusers folder, UNet 11.1 M");
        assertThat(succeed("inspect", "../conf/demo/base/unet/diffusion_pytorch_model.safetensors")
                        .out())
                .contains("the UNet of a diffusers folder; give the folder", "686 [F16]");
    }

    @Test
    void convertingThereAndBackKeepsEveryBit() {
        Path peft = folder.resolve("peft.safetensors");
        Path back = folder.resolve("back.safetensors");
        succeed("convert", lora.toString(), "--to", "peft", "--output", peft.toString());
        succeed("convert", peft.toString(), "--to", "kohya", "--output", back.toString());
        LoraFile before = read(lora);
        assertThat(read(peft).dialect()).isEqualTo(LoraFile.Dialect.PEFT);
        assertThat(read(back).arrangedAs(before.weights().layout())).isEqualTo(before.weights());
    }

    @Test
    void mergedFileHoldsTheWeightedSum() {
        Path merged = folder.resolve("merged.safetensors");
        CliRun exact = succeed("merge", lora + "=0.75", lora + "=-0.25", "--output", merged.toString());
        assertThat(exact.out()).contains("2 adapters, 210 modules, rank 8, exact");
        assertSameUpdate(read(merged), read(lora), 0.5);

        CliRun reduced =
                succeed("merge", lora + "=0.75", lora + "=-0.25", "--rank", "4", "--output", merged.toString());
        assertThat(reduced.out()).contains("rank 4, 100.00 % of the update kept");
        assertSameUpdate(read(merged), read(lora), 0.5);
    }

    @Test
    void resizedFileHasTheRankAndSaysWhatIsLost() {
        Path small = folder.resolve("small.safetensors");
        assertThat(succeed("resize", lora.toString(), "--rank", "2", "--output", small.toString())
                        .out())
                .contains("rank 4 to 2");
        assertThat(read(small).weights().layout().modules())
                .allSatisfy(m -> assertThat(m.rank()).isEqualTo(2));
    }

    @Test
    void filesThatAreNoAdapterAreRefusedAndNothingIsWritten() throws IOException {
        byte[] bytes = Files.readAllBytes(lora);
        Path truncated = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(bytes, bytes.length / 2));
        Path text = Files.writeString(folder.resolve("text.safetensors"), "no tensors here, only words");
        String target = folder.resolve("target.safetensors").toString();
        List<String> before = CliRun.filesIn(folder);
        for (Path file : List.of(truncated, text, folder, folder.resolve("missing.safetensors"))) {
            refuse("resize", file.toString(), "--rank", "2", "--output", target);
            refuse("merge", lora.toString(), file.toString(), "--output", target);
            refuse("convert", file.toString(), "--to", "peft", "--output", target);
            refuse("inspect", file.toString());
        }
        assertThat(CliRun.filesIn(folder)).isEqualTo(before);
    }

    @Test
    void badOptionsAreRefusedAndNothingIsWritten() throws IOException {
        Path inTheWay = Files.writeString(folder.resolve("file"), "x");
        List<String> before = CliRun.filesIn(folder);
        String target = folder.resolve("target.safetensors").toString();
        String wrongEnding = folder.resolve("x.ckpt").toString();
        refuse("resize", lora.toString(), "--rank", "0", "--output", target);
        refuse("resize", lora.toString(), "--sv-fro", "1.5", "--output", target);
        refuse("resize", lora.toString(), "--sv-ratio", "0", "--output", target);
        refuse("resize", lora.toString(), "--rank", "2", "--max-rank", "0", "--output", target);
        refuse("resize", lora.toString(), "--rank", "2", "--output", wrongEnding);
        refuse("resize", lora.toString(), "--rank", "2", "--output", inTheWay + "/x.safetensors");
        refuse("merge", lora + "=much", "--output", target);
        refuse("merge", lora.toString(), "--rank", "0", "--output", target);
        refuse("convert", lora.toString(), "--to", "onnx", "--output", target);
        refuse("convert", lora.toString(), "--to", "peft", "--precision", "fp8", "--output", target);
        assertThat(CliRun.filesIn(folder)).isEqualTo(before);
    }

    private static CliRun succeed(String... arguments) {
        CliRun run = CliRun.of(arguments);
        assertThat(run.status()).as(run.err()).isZero();
        return run;
    }

    private static void refuse(String... arguments) {
        CliRun.of(arguments).assertRefused();
    }

    private static LoraFile read(Path file) {
        return LoraFiles.read(new org.apache.hadoop.fs.Path(file.toString()), new Configuration());
    }

    private static void assertSameUpdate(LoraFile actual, LoraFile expected, double ratio) {
        for (String name :
                List.of("unet.mid_block.attentions.0.proj_in", "text_encoder.text_model.encoder.layers.0.mlp.fc1")) {
            assertThat(update(actual, name, 1)).containsExactly(update(expected, name, ratio), offset(1e-6f));
        }
    }

    private static float[] update(LoraFile file, String name, double ratio) {
        int index = file.weights().layout().indexOf(name);
        LoraModule module = file.weights().layout().modules().get(index);
        float[] zero = new float[Math.toIntExact(module.out() * module.in())];
        return Merging.intoBase(zero, file.weights(), index, ratio);
    }
}
