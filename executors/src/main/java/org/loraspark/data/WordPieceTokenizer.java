package org.loraspark.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.Storage;

/**
 * BERT's words and pieces of words (Devlin et al. 2019), text to ids and back. Reads a model folder's {@code
 * tokenizer.json}, or its {@code vocab.txt}. Thread-safe.
 */
public final class WordPieceTokenizer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HuggingFaceTokenizer tokenizer;

    private WordPieceTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    public static WordPieceTokenizer read(Path folder, Configuration conf) {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Path whole = new Path(folder, "tokenizer.json");
        Path vocabulary = new Path(folder, "vocab.txt");
        Path config = new Path(folder, "tokenizer_config.json");
        try {
            if (fileSystem.exists(whole)) {
                return new WordPieceTokenizer(TokenizerLibrary.open(TextFiles.bytes(fileSystem, whole)));
            }
            if (fileSystem.exists(vocabulary)) {
                boolean lowercase = !fileSystem.exists(config)
                        || JSON.readTree(TextFiles.bytes(fileSystem, config))
                                .path("do_lower_case")
                                .asBoolean(true);
                byte[] json =
                        WordPieceJson.of(TextFiles.text(fileSystem, vocabulary), lowercase, vocabulary.toString());
                return new WordPieceTokenizer(TokenizerLibrary.open(json));
            }
        } catch (IOException e) {
            throw new UserError("cannot read the tokenizer in " + folder + ": " + e.getMessage(), e);
        }
        throw new UserError("the model folder " + folder
                + " holds neither tokenizer.json nor vocab.txt; copy one from the original model");
    }

    /** A text's ids without start and end. */
    public int[] encode(String text) {
        return Arrays.stream(tokenizer.encode(text, false, false).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /** The text of ids; special and unknown ones say nothing. */
    public String decode(int[] ids) {
        return tokenizer
                .decode(Arrays.stream(ids).asLongStream().toArray(), true)
                .strip();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
