package org.loraspark.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;

/** Hugging Face's tokenizers through DJL, kept from everything but the text: no network, no special tokens, no cutting. */
final class TokenizerLibrary {
    static {
        // The library of DJL otherwise reports its use on EC2, and fetches a CUDA build where it finds a GPU.
        setDefault("OPT_OUT_TRACKING", "true");
        setDefault("ai.djl.offline", "true");
        setDefault("RUST_FLAVOR", "cpu");
    }

    private TokenizerLibrary() {}

    /** @param json the content of a {@code tokenizer.json} */
    static HuggingFaceTokenizer open(byte[] json) throws IOException {
        try {
            return HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(json),
                    Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
        } catch (RuntimeException e) {
            // The native library has no type of its own for a file that it cannot read.
            throw new IOException("tokenizer.json is damaged or of another kind: " + e.getMessage(), e);
        }
    }

    private static void setDefault(String key, String value) {
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }
}
