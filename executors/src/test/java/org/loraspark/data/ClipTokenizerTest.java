package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.io.SafetensorsFile;

class ClipTokenizerTest {
    private static final java.nio.file.Path DEMO = java.nio.file.Path.of("../conf/demo/base/tokenizer");
    private static final List<String> PROMPTS = List.of(
            "a big red star on a blue background",
            "green ring, white background",
            "",
            "a photo of a (small) Heart's 42 arrow!");

    @TempDir
    java.nio.file.Path folder;

    @Test
    void fullVocabularyGivesTheIdsOfOpenClip() throws IOException {
        try (ClipTokenizer tokenizer = ClipTokenizer.vitL14();
                InputStream cases = getClass().getResourceAsStream("/data/clip-cases.json")) {
            JsonNode all = new ObjectMapper().readTree(cases);
            assertThat(all).hasSize(7);
            for (JsonNode one : all) {
                int[] expected = IntStream.range(0, 77)
                        .map(i -> one.get("ids").get(i).intValue())
                        .toArray();
                assertThat(tokenizer.encode(one.get("text").textValue()).ids()).containsExactly(expected);
            }
        }
    }

    @Test
    void demoVocabularyGivesTheIdsOfTransformers() throws URISyntaxException {
        try (ClipTokenizer tokenizer = ClipTokenizer.read(new Path(DEMO.toString()), new Configuration())) {
            assertThatPromptsMatch(tokenizer);
        }
    }

    @Test
    void vocabularyAndMergesGiveTheSameIdsAsTokenizerJson() throws IOException, URISyntaxException {
        Files.copy(DEMO.resolve("vocab.json"), folder.resolve("vocab.json"));
        Files.copy(DEMO.resolve("merges.txt"), folder.resolve("merges.txt"));
        try (ClipTokenizer tokenizer = ClipTokenizer.read(new Path(folder.toString()), new Configuration())) {
            assertThatPromptsMatch(tokenizer);
        }
    }

    @Test
    void padTokenOfTheConfigIsUsed() throws IOException {
        for (String name : List.of("vocab.json", "merges.txt")) {
            Files.copy(DEMO.resolve(name), folder.resolve(name));
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"pad_token\": {\"content\": \"!\"}}");
        try (ClipTokenizer tokenizer = ClipTokenizer.read(new Path(folder.toString()), new Configuration())) {
            assertThat(tokenizer.encode("").ids()).startsWith(700, 701, 0, 0).endsWith(0);
        }
    }

    @Test
    void longTextIsCutAndCounted() {
        try (ClipTokenizer tokenizer = ClipTokenizer.vitL14()) {
            ClipTokenizer.Tokens fits = tokenizer.encode("cat ".repeat(75));
            assertThat(fits.tokens()).isEqualTo(75);
            assertThat(fits.truncated()).isFalse();
            ClipTokenizer.Tokens cut = tokenizer.encode("cat ".repeat(90));
            assertThat(cut.tokens()).isEqualTo(90);
            assertThat(cut.truncated()).isTrue();
            assertThat(cut.ids()).containsExactly(fits.ids());
        }
    }

    @Test
    void threadsShareOneTokenizer() {
        try (ClipTokenizer tokenizer = ClipTokenizer.vitL14()) {
            List<int[]> expected = IntStream.range(0, 50)
                    .mapToObj(i -> tokenizer.encode("photo number " + i).ids())
                    .toList();
            boolean same = IntStream.range(0, 5000)
                    .parallel()
                    .allMatch(i -> Arrays.equals(
                            tokenizer.encode("photo number " + i % 50).ids(), expected.get(i % 50)));
            assertThat(same).isTrue();
        }
    }

    @Test
    void folderWithoutATokenizerIsTheUsersError() {
        assertThatThrownBy(() -> ClipTokenizer.read(new Path(folder.toString()), new Configuration()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("neither tokenizer.json nor vocab.json");
    }

    private void assertThatPromptsMatch(ClipTokenizer tokenizer) throws URISyntaxException {
        try (SafetensorsFile golden = SafetensorsFile.open(java.nio.file.Path.of(
                getClass().getResource("/golden/text/text.safetensors").toURI()))) {
            long[] expected = golden.tensor("input_ids").toLongs();
            long[] actual = PROMPTS.stream()
                    .flatMapToInt(
                            prompt -> Arrays.stream(tokenizer.encode(prompt).ids()))
                    .asLongStream()
                    .toArray();
            assertThat(actual).containsExactly(expected);
        }
    }
}
