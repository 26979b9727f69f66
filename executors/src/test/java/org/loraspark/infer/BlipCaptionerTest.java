package org.loraspark.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.loraspark.UserError;
import org.loraspark.golden.Golden;
import org.loraspark.golden.GoldenEngine;
import org.loraspark.io.Images;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;

/** Captions against transformers, and what must not change them. */
class BlipCaptionerTest {
    private static final BlipOptions GREEDY = new BlipOptions(1, 0, 0, "", 0, 20, 1);
    private static final BlipOptions BEAMS = new BlipOptions(3, 0, 0, "", 0, 20, 1);
    private static final BlipOptions DRAWN = new BlipOptions(1, 0.9, 42, "", 5, 20, 1.1);

    private static final GoldenEngine FIRST = Golden.engines().get(0);

    @TempDir
    Path temp;

    static Stream<Arguments> enginesAndCases() {
        return Golden.engines().stream()
                .flatMap(engine -> Stream.of("blip", "blip-random").map(fixture -> Arguments.of(engine, fixture)));
    }

    @ParameterizedTest
    @MethodSource("enginesAndCases")
    void captionsEqualThoseOfTransformers(GoldenEngine engine, String fixture) throws IOException {
        JsonNode json =
                new ObjectMapper().readTree(Golden.path(fixture + "/case.json").toFile());
        List<CaptionRequest> pictures = pictures(texts(json.get("pictures")));
        JsonNode captions = json.get("captions");
        assertThat(describe(engine, fixture, GREEDY, pictures)).isEqualTo(texts(captions.get("greedy")));
        assertThat(describe(engine, fixture, BEAMS, pictures)).isEqualTo(texts(captions.get("beams_3")));
        assertThat(describe(engine, fixture, new BlipOptions(3, 0, 0, "", 5, 20, 1), pictures))
                .isEqualTo(texts(captions.get("beams_3_min_5")));
        assertThat(describe(engine, fixture, new BlipOptions(1, 0, 0, "", 0, 20, 1.5), pictures))
                .isEqualTo(texts(captions.get("repetition_penalty_1_5")));
        assertThat(describe(engine, fixture, new BlipOptions(1, 0, 0, "a picture of", 0, 20, 1), pictures))
                .isEqualTo(texts(captions.get("prompted_a_picture_of")).stream()
                        .map(caption ->
                                caption.substring("a picture of".length()).strip())
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("org.loraspark.golden.Golden#halfEngines")
    void halfPrecisionSaysWhatFloat32Says(GoldenEngine kind) throws IOException {
        JsonNode json =
                new ObjectMapper().readTree(Golden.path("blip/case.json").toFile());
        List<CaptionRequest> pictures = pictures(texts(json.get("pictures")));
        assertThat(describe(kind, "blip", BEAMS, pictures))
                .isEqualTo(texts(json.get("captions").get("beams_3")));
    }

    @ParameterizedTest
    @MethodSource("org.loraspark.golden.Golden#engines")
    void textsOfAllLengthsEndAsInTransformers(GoldenEngine kind) throws IOException {
        JsonNode json =
                new ObjectMapper().readTree(Golden.path("blip-random/ends.json").toFile());
        Path folder = withLikelierEnd(json.get("raised").floatValue());
        List<CaptionRequest> pictures = pictures(List.of("01.png", "02.png", "04.png", "05.png", "07.png", "08.png"));
        try (Engine engine = kind.open()) {
            for (JsonNode setting : json.get("cases")) {
                String prompt = setting.get("prompt").asText();
                BlipOptions options = new BlipOptions(
                        setting.get("beams").intValue(),
                        0,
                        0,
                        prompt,
                        setting.get("min_new_tokens").intValue(),
                        20,
                        setting.get("repetition_penalty").doubleValue());
                try (Captioner captioner = open(engine, folder, options)) {
                    assertThat(captioner.describe(pictures))
                            .as(options.toString())
                            .isEqualTo(texts(setting.get("captions")).stream()
                                    .map(caption ->
                                            caption.substring(prompt.length()).strip())
                                    .toList());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndCases")
    void companyInTheBatchChangesNothing(GoldenEngine engine, String fixture) {
        List<CaptionRequest> pictures = pictures(List.of("01.png", "02.png", "04.png", "05.png", "07.png"));
        for (BlipOptions options : List.of(GREEDY, BEAMS, DRAWN)) {
            List<String> together = describe(engine, fixture, options, pictures);
            List<CaptionRequest> backwards = new ArrayList<>(pictures);
            Collections.reverse(backwards);
            List<String> reversed = new ArrayList<>(describe(engine, fixture, options, backwards));
            Collections.reverse(reversed);
            assertThat(reversed).isEqualTo(together);
            try (Engine open = engine.open();
                    Captioner captioner = open(open, fixture, options)) {
                assertThat(pictures.stream()
                                .map(picture ->
                                        captioner.describe(List.of(picture)).get(0)))
                        .isEqualTo(together);
            }
        }
    }

    /** From the first picture on, when the weights that they share are yet to be packed. */
    @ParameterizedTest
    @MethodSource("enginesAndCases")
    void twoOnTheSameWeightsSayTheSameAtTheSameTime(GoldenEngine kind, String fixture) {
        List<CaptionRequest> pictures = pictures(List.of("01.png", "02.png", "04.png", "05.png", "07.png"));
        List<String> alone = describe(kind, fixture, BEAMS, pictures);
        try (Engine engine = kind.open();
                Engine other = kind.open();
                BlipCaptioner captioner = open(engine, fixture, BEAMS);
                Captioner second = captioner.on(other)) {
            List<CompletableFuture<List<String>>> both = Stream.of(captioner, second)
                    .map(each -> CompletableFuture.supplyAsync(() -> each.describe(pictures), this::inItsOwnThread))
                    .toList();
            both.forEach(captions -> assertThat(captions.join()).isEqualTo(alone));
        }
    }

    private void inItsOwnThread(Runnable work) {
        new Thread(work).start();
    }

    @Test
    void drawsDependOnTheSeedAndTheContent() {
        List<CaptionRequest> pictures = pictures(List.of("01.png", "02.png", "04.png"));
        List<String> first = describe(FIRST, "blip-random", DRAWN, pictures);
        assertThat(describe(FIRST, "blip-random", DRAWN, pictures)).isEqualTo(first);
        assertThat(describe(FIRST, "blip-random", new BlipOptions(1, 0.9, 43, "", 5, 20, 1.1), pictures))
                .isNotEqualTo(first);
        List<CaptionRequest> renamed = pictures.stream()
                .map(picture -> new CaptionRequest(picture.contentHash() + "0", picture.picture()))
                .toList();
        assertThat(describe(FIRST, "blip-random", DRAWN, renamed)).isNotEqualTo(first);
    }

    @Test
    void aTinyNucleusSaysTheLikeliest() {
        List<CaptionRequest> pictures = pictures(List.of("01.png", "02.png"));
        assertThat(describe(FIRST, "blip-random", new BlipOptions(1, 1e-9, 1, "", 0, 20, 1), pictures))
                .isEqualTo(describe(FIRST, "blip-random", GREEDY, pictures));
    }

    @Test
    void noPicturesHaveNoCaptions() {
        assertThat(describe(FIRST, "blip", GREEDY, List.of())).isEmpty();
    }

    @Test
    void memoryDoesNotGrowWithTheBatches() {
        List<CaptionRequest> pictures = pictures(List.of("01.png", "02.png"));
        try (Engine engine = Golden.engine();
                Captioner captioner = open(engine, "blip", BEAMS)) {
            captioner.describe(pictures);
            captioner.describe(pictures);
            long before = engine.nativeBytes();
            for (int i = 0; i < 5; i++) {
                captioner.describe(pictures);
            }
            assertThat(engine.nativeBytes()).isEqualTo(before);
        }
    }

    @Test
    void aVocabularyFileServesInPlaceOfTheTokenizersJson() throws IOException {
        Path folder = copy(Golden.demo("captioner"));
        JsonNode vocab = new ObjectMapper()
                .readTree(folder.resolve("tokenizer.json").toFile())
                .path("model")
                .path("vocab");
        String[] lines = new String[vocab.size()];
        vocab.properties().forEach(e -> lines[e.getValue().intValue()] = e.getKey());
        Files.delete(folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("vocab.txt"), String.join("\n", lines) + "\n");
        BlipOptions prompted = new BlipOptions(1, 0, 0, "A Picture, of", 0, 20, 1);
        List<CaptionRequest> pictures = pictures(List.of("01.png", "02.png"));
        try (Engine engine = Golden.engine();
                Captioner captioner = open(engine, folder, prompted)) {
            assertThat(captioner.describe(pictures)).isEqualTo(describe(FIRST, "blip", prompted, pictures));
        }
    }

    @Test
    void aTokenizerThatDoesNotFitIsRefused() throws IOException {
        Path folder = copy(Golden.demo("captioner"));
        Path tokenizer = folder.resolve("tokenizer.json");
        BlipOptions prompted = new BlipOptions(1, 0, 0, "strange", 0, 20, 1);
        try (Engine engine = Golden.engine()) {
            Files.writeString(tokenizer, "{\"version\": \"1.0\"}");
            assertThatThrownBy(() -> open(engine, folder, prompted))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("tokenizer.json is damaged");
            Files.delete(tokenizer);
            assertThatThrownBy(() -> open(engine, folder, prompted))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("holds neither tokenizer.json nor vocab.txt");
            Files.writeString(folder.resolve("vocab.txt"), "[UNK]\n" + "word\n".repeat(200) + "strange\n");
            assertThatThrownBy(() -> open(engine, folder, prompted))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("'strange' has tokens beyond the 123");
        }
    }

    @Test
    void optionsThatDoNotFitTheModelAreRefused() {
        try (Engine engine = Golden.engine()) {
            assertThatThrownBy(() -> open(engine, "blip", new BlipOptions(1, 0, 0, "a big", 0, 62, 1)))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("writes at most 64 tokens")
                    .hasMessageContaining("3 of the prompt and 62 of the caption");
            assertThatThrownBy(() -> open(engine, "blip", new BlipOptions(62, 0, 0, "", 0, 20, 1)))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("knows 123 tokens, too few for 62 beams");
        }
    }

    @Test
    void impossibleOptionsAreRefused() {
        for (String wrong : List.of("beams", "top-p", "longest", "shortest", "penalty", "both")) {
            assertThatThrownBy(() -> new BlipOptions(
                            wrong.equals("beams") ? 0 : wrong.equals("both") ? 3 : 1,
                            wrong.equals("top-p") ? 1.5 : wrong.equals("both") ? 0.9 : 0,
                            0,
                            "",
                            wrong.equals("shortest") ? 21 : 0,
                            wrong.equals("longest") ? 0 : 20,
                            wrong.equals("penalty") ? 0 : 1))
                    .as(wrong)
                    .isInstanceOf(UserError.class);
        }
    }

    @Test
    void drawnCaptionsDiffer() {
        List<CaptionRequest> one = pictures(List.of("01.png"));
        List<CaptionRequest> many = IntStream.range(0, 8)
                .mapToObj(i -> new CaptionRequest("hash" + i, one.get(0).picture()))
                .toList();
        assertThat(new HashSet<>(describe(FIRST, "blip-random", DRAWN, many))).hasSizeGreaterThan(4);
    }

    /** The random captioner with a larger bias of its end token, 3. */
    private Path withLikelierEnd(float raised) throws IOException {
        Path folder = copy(Golden.path("blip-random/model"));
        Path weights = folder.resolve("model.safetensors");
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(weights)) {
            file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        }
        tensors.computeIfPresent("text_decoder.cls.predictions.bias", (name, bias) -> {
            float[] values = bias.toFloats();
            values[3] += raised;
            return HostTensor.of(values, values.length);
        });
        SafetensorsWriter.write(
                new org.apache.hadoop.fs.Path(weights.toUri()), new Configuration(), tensors, Map.of("format", "pt"));
        return folder;
    }

    private Path copy(Path model) throws IOException {
        Path folder = temp.resolve("captioner");
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        return folder;
    }

    private static List<String> describe(
            GoldenEngine kind, String fixture, BlipOptions options, List<CaptionRequest> pictures) {
        try (Engine engine = kind.open();
                Captioner captioner = open(engine, fixture, options)) {
            return captioner.describe(pictures);
        }
    }

    private static BlipCaptioner open(Engine engine, String fixture, BlipOptions options) {
        return open(
                engine, fixture.equals("blip") ? Golden.demo("captioner") : Golden.path(fixture + "/model"), options);
    }

    private static BlipCaptioner open(Engine engine, Path folder, BlipOptions options) {
        return BlipCaptioner.open(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(), engine, options);
    }

    private static List<CaptionRequest> pictures(List<String> names) {
        return names.stream()
                .map(name -> {
                    try {
                        byte[] file = Files.readAllBytes(Golden.demo("pictures").resolve(name));
                        return new CaptionRequest("hash of " + name, Images.decode(file, name));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .toList();
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
