package org.loraspark.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.loraspark.golden.GoldenEngine;
import org.loraspark.io.RgbImage;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.io.TensorSpec;
import org.loraspark.models.WeightCheck;
import org.loraspark.models.blip.BlipConfig;
import org.loraspark.models.blip.TextDecoder;
import org.loraspark.models.blip.VisionTower;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineOptions;
import org.loraspark.tensor.HalfFloats;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/** BLIP base with its real names and shapes: a float16 checkpoint of random weights, 450 MB. */
@Tag("fullsize")
class BlipFullSizeTest {
    private static final int VOCAB = 30524;
    private static final BlipConfig.Vision VISION = new BlipConfig.Vision(384, 16, 768, 3072, 12, 12, 1e-5);
    private static final BlipConfig.Text TEXT =
            new BlipConfig.Text(VOCAB, 768, 3072, 12, 12, 512, 1e-12, 30522, 102, 0);

    /** As many halves as the largest tensor, the token embedding, has. */
    private static final int NOISE = VOCAB * 768;

    @TempDir
    Path folder;

    @ParameterizedTest
    @MethodSource("org.loraspark.golden.Golden#engines")
    void baseLoadsAndDescribesAPicture(GoldenEngine kind) throws IOException {
        write();
        int threads = Runtime.getRuntime().availableProcessors();
        BlipOptions options = new BlipOptions(3, 0, 0, "w7 w8", 5, 8, 1);
        byte[] rgb = new byte[3 * 500 * 300];
        new SplittableRandom(1).nextBytes(rgb);
        CaptionRequest picture = new CaptionRequest("picture", new RgbImage(500, 300, rgb));
        try (Engine engine = kind.provider().open(EngineOptions.of(kind.precision(), threads));
                Captioner captioner = BlipCaptioner.open(
                        new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(), engine, options)) {
            List<String> captions = captioner.describe(List.of(picture));
            assertThat(captions).hasSize(1);
            assertThat(captions.get(0).split(" ")).hasSizeBetween(5, 8).allMatch(word -> word.matches("w\\d+"));
        }
    }

    private void write() throws IOException {
        Map<String, long[]> tensors = new TreeMap<>();
        WeightCheck.needed(layers -> new VisionTower(layers, VISION))
                .forEach((name, shape) -> tensors.put(VisionTower.NAME + "." + name, shape));
        WeightCheck.needed(layers -> new TextDecoder(layers, TEXT, VISION.hiddenSize()))
                .forEach((name, shape) -> tensors.put(TextDecoder.NAME + "." + name, shape));
        // The published file has neither: one is the token embedding, the other lies a level higher.
        tensors.remove("text_decoder.cls.predictions.decoder.weight");
        tensors.put("text_decoder.cls.predictions.bias", tensors.remove("text_decoder.cls.predictions.decoder.bias"));
        assertThat(tensors.values().stream().mapToLong(Shapes::size).sum()).isEqualTo(223_971_644L);
        ByteBuffer noise = noise();
        SafetensorsWriter.write(
                new org.apache.hadoop.fs.Path(
                        folder.resolve("model.safetensors").toUri()),
                new Configuration(),
                tensors.entrySet().stream()
                        .map(e -> new TensorSpec(e.getKey(), DType.F16, e.getValue()))
                        .toList(),
                Map.of(),
                spec -> {
                    int bytes = (int) (2 * Shapes.size(spec.shape()));
                    int free = NOISE - bytes / 2;
                    int start = free == 0 ? 0 : Math.floorMod(spec.name().hashCode(), free);
                    return new HostTensor(DType.F16, spec.shape(), noise.slice(2 * start, bytes));
                });
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "blip", "architectures": ["BlipForConditionalGeneration"]}
                """);
        Files.writeString(
                folder.resolve("vocab.txt"),
                "[PAD]\n[UNK]\n[SEP]\n"
                        + IntStream.range(3, VOCAB - 2).mapToObj(i -> "w" + i).collect(Collectors.joining("\n")));
    }

    private static ByteBuffer noise() {
        ByteBuffer noise = ByteBuffer.allocateDirect(2 * NOISE).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < NOISE; i++) {
            noise.putShort(HalfFloats.toF16(random.nextInt(-1000, 1000) * 5e-5f));
        }
        return noise.flip();
    }
}
