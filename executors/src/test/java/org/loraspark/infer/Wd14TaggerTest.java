package org.loraspark.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.loraspark.UserError;
import org.loraspark.io.RgbImage;

/** The taggers of {@code tagger/make_tagger.py}, whose probabilities follow from a picture's mean colour. */
class Wd14TaggerTest {
    private static final Path MODELS = Path.of("src/test/resources/tagger");
    private static final Configuration CONF = new Configuration();
    private static final CaptionRequest RED = request(40, 40, 255, 0, 0);
    private static final CaptionRequest GREEN = request(8, 8, 0, 255, 0);
    private static final CaptionRequest BLUE = request(32, 32, 0, 0, 255);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "fixed"})
    void tagsComeInTheOrderOfTheirProbabilities(String model) {
        assertThat(describe(model, TaggerOptions.DEFAULT, RED, GREEN, BLUE))
                .containsExactly("red background, >_<, ruby (gem)", "green background", "blue background, o_o");
    }

    @Test
    void pictureStandsOnAWhiteSquare() {
        assertThat(describe("dynamic", TaggerOptions.DEFAULT, request(32, 16, 255, 0, 0), request(16, 32, 255, 0, 0)))
                .containsExactly(">_<, white border", ">_<, white border");
    }

    @Test
    void generalTagsAndCharactersHaveThresholdsOfTheirOwn() {
        assertThat(describe("dynamic", options(0.7, 0.35), RED)).containsExactly("red background, ruby (gem)");
        assertThat(describe("dynamic", options(0.35, 0.7), RED)).containsExactly("red background, >_<");
        assertThat(describe("dynamic", options(1, 1), RED)).containsExactly("");
    }

    @Test
    void tagsAreLeftOutReplacedAndPutAround() {
        TaggerOptions options = new TaggerOptions(
                0.35,
                0.35,
                true,
                List.of("Red Background"),
                List.of("o_o"),
                List.of(">_<", "best quality"),
                Map.of("ruby (gem)", "gem"));
        assertThat(describe("dynamic", options, RED, BLUE))
                .containsExactly("o_o, gem, >_<, best quality", "o_o, blue_background, >_<, best quality");
    }

    @Test
    void tagsOfAnotherModelAreRefused() throws IOException {
        copy(MODELS.resolve("dynamic/model.onnx"), "model.onnx");
        List<String> tags = Files.readAllLines(MODELS.resolve("dynamic/selected_tags.csv"));
        Files.write(folder.resolve("selected_tags.csv"), tags.subList(0, 5));
        try (Wd14Tagger tagger = Wd14Tagger.open(path(folder), CONF, 1, TaggerOptions.DEFAULT)) {
            assertThatThrownBy(() -> tagger.describe(List.of(RED)))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("[1, 11]")
                    .hasMessageContaining("4 tags");
        }
    }

    @Test
    void damagedModelIsRefused() throws IOException {
        Files.write(folder.resolve("model.onnx"), new byte[] {1, 2, 3});
        copy(MODELS.resolve("dynamic/selected_tags.csv"), "selected_tags.csv");
        assertThatThrownBy(() -> Wd14Tagger.open(path(folder), CONF, 1, TaggerOptions.DEFAULT))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("cannot be loaded");
    }

    @Test
    void folderIsKnownByItsFiles() throws IOException {
        CaptionModel model = CaptionModel.find(path(MODELS.resolve("fixed")), CONF);
        assertThat(model.kind()).isEqualTo(CaptionModel.Kind.WD14);
        assertThat(model.hash())
                .isNotEqualTo(
                        CaptionModel.find(path(MODELS.resolve("dynamic")), CONF).hash());
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"git\"}");
        assertThatThrownBy(() -> CaptionModel.find(path(folder), CONF))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("neither BLIP")
                .hasMessageContaining("\"git\"");
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"blip\"}");
        assertThatThrownBy(() -> CaptionModel.find(path(folder), CONF)).hasMessageContaining("lacks model.safetensors");
        Files.write(folder.resolve("model.safetensors"), new byte[8]);
        assertThat(CaptionModel.find(path(folder), CONF).kind()).isEqualTo(CaptionModel.Kind.BLIP);
        assertThatThrownBy(() -> CaptionModel.find(path(folder.resolve("nothing")), CONF))
                .hasMessageContaining("does not exist");
    }

    @Test
    void sentenceStandsBeforeTheTags() {
        Captioner sentence = new Captioner() {
            @Override
            public List<String> describe(List<CaptionRequest> pictures) {
                return pictures.stream().map(p -> p == RED ? "a wall" : "").toList();
            }

            @Override
            public void close() {}
        };
        try (Captioner both = new JoinedCaptioner(List.of(sentence, open("fixed", options(0.35, 1))))) {
            assertThat(both.describe(List.of(RED, GREEN, request(4, 4, 90, 90, 90))))
                    .containsExactly("a wall, red background, >_<", "green background", "");
        }
    }

    private List<String> describe(String model, TaggerOptions options, CaptionRequest... pictures) {
        try (Wd14Tagger tagger = open(model, options)) {
            return tagger.describe(List.of(pictures));
        }
    }

    private static Wd14Tagger open(String model, TaggerOptions options) {
        return Wd14Tagger.open(path(MODELS.resolve(model)), CONF, 1, options);
    }

    private static TaggerOptions options(double general, double character) {
        return new TaggerOptions(general, character, false, List.of(), List.of(), List.of(), Map.of());
    }

    private void copy(Path from, String name) throws IOException {
        Files.copy(from, folder.resolve(name));
    }

    private static org.apache.hadoop.fs.Path path(Path path) {
        return new org.apache.hadoop.fs.Path(path.toUri());
    }

    private static CaptionRequest request(int width, int height, int red, int green, int blue) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) red;
            rgb[i + 1] = (byte) green;
            rgb[i + 2] = (byte) blue;
        }
        return new CaptionRequest(Integer.toHexString(Arrays.hashCode(rgb)), new RgbImage(width, height, rgb));
    }
}
