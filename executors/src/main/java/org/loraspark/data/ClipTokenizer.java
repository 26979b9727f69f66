package org.loraspark.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.Storage;

/**
 * Text to the 77 ids of CLIP: start, up to 75 tokens, end, then padding. Reads a model's {@code tokenizer} folder, or the
 * vocabulary of OpenAI's CLIP that comes with the program, for checkpoints of one file. Thread-safe.
 */
public final class ClipTokenizer implements AutoCloseable {
    /** Ids of one text, start, end and padding included. */
    public static final int LENGTH = 77;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HuggingFaceTokenizer tokenizer;
    private final int start;
    private final int end;
    private final int pad;

    private ClipTokenizer(byte[] tokenizerJson, JsonNode config, String source) {
        try {
            JsonNode json = JSON.readTree(tokenizerJson);
            start = id(json, text(config, "bos_token", "<|startoftext|>"), source);
            String endToken = text(config, "eos_token", "<|endoftext|>");
            end = id(json, endToken, source);
            pad = id(json, text(config, "pad_token", endToken), source);
            tokenizer = TokenizerLibrary.open(tokenizerJson);
        } catch (IOException e) {
            throw new UserError(source + " is not a tokenizer's JSON: " + e.getMessage(), e);
        }
    }

    /**
     * The ids of a text.
     *
     * @param ids {@code [77]}
     * @param tokens how many the text has without start and end, before anything is cut
     */
    public record Tokens(int[] ids, int tokens) {
        /** Whether the text was longer than the 75 tokens that the model sees. */
        public boolean truncated() {
            return tokens > LENGTH - 2;
        }
    }

    /** Reads {@code tokenizer.json}, or {@code vocab.json} with {@code merges.txt}. */
    public static ClipTokenizer read(Path folder, Configuration conf) {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Path whole = new Path(folder, "tokenizer.json");
        Path vocabulary = new Path(folder, "vocab.json");
        Path merges = new Path(folder, "merges.txt");
        try {
            JsonNode config = JSON.createObjectNode();
            for (String name : new String[] {"tokenizer_config.json", "special_tokens_map.json"}) {
                Path file = new Path(folder, name);
                if (config.isEmpty() && fileSystem.exists(file)) {
                    config = JSON.readTree(TextFiles.bytes(fileSystem, file));
                }
            }
            if (fileSystem.exists(whole)) {
                return new ClipTokenizer(TextFiles.bytes(fileSystem, whole), config, whole.toString());
            }
            if (fileSystem.exists(vocabulary) && fileSystem.exists(merges)) {
                JsonNode vocab = JSON.readTree(TextFiles.bytes(fileSystem, vocabulary));
                byte[] json = ClipTokenizerJson.of(vocab, TextFiles.text(fileSystem, merges), folder.toString());
                return new ClipTokenizer(json, config, folder.toString());
            }
        } catch (IOException e) {
            throw new UserError("cannot read the tokenizer in " + folder + ": " + e.getMessage(), e);
        }
        throw new UserError(
                "tokenizer folder " + folder + " holds neither tokenizer.json nor vocab.json with merges.txt");
    }

    /** The vocabulary of OpenAI's CLIP ViT-L/14, which every Stable Diffusion 1.x has. */
    public static ClipTokenizer vitL14() {
        try (InputStream resource = ClipTokenizer.class.getResourceAsStream("clip-tokenizer.json.gz");
                InputStream json = new GZIPInputStream(resource)) {
            return new ClipTokenizer(json.readAllBytes(), JSON.createObjectNode(), "the built-in CLIP vocabulary");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the built-in CLIP vocabulary", e);
        }
    }

    public Tokens encode(String text) {
        long[] tokens = tokenizer.encode(text, false, false).getIds();
        int kept = Math.min(tokens.length, LENGTH - 2);
        int[] ids = new int[LENGTH];
        Arrays.fill(ids, pad);
        ids[0] = start;
        for (int i = 0; i < kept; i++) {
            ids[i + 1] = Math.toIntExact(tokens[i]);
        }
        ids[kept + 1] = end;
        return new Tokens(ids, tokens.length);
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private static int id(JsonNode json, String token, String source) {
        for (JsonNode added : json.path("added_tokens")) {
            if (added.path("content").asText().equals(token)) {
                return added.path("id").intValue();
            }
        }
        JsonNode id = json.path("model").path("vocab").path(token);
        if (!id.isInt()) {
            throw new UserError(source + " has no token " + token + "; is it the tokenizer of a CLIP text encoder?");
        }
        return id.intValue();
    }

    /** A token is written as a string, or as an object with its content. */
    private static String text(JsonNode config, String key, String fallback) {
        JsonNode node = config.path(key);
        String content = node.isObject() ? node.path("content").asText() : node.asText();
        return content.isEmpty() || node.isNull() ? fallback : content;
    }
}
