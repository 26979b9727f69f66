package org.loraspark.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.loraspark.UserError;

/** A {@code tokenizer.json} of BERT's kind from a {@code vocab.txt}, where a token's line is its id. */
final class WordPieceJson {
    private static final String UNKNOWN = "[UNK]";
    private static final List<String> SPECIAL = List.of("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TEMPLATE = """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
               "strip_accents": null, "lowercase": true},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "post_processor": null,
             "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
               "max_input_chars_per_word": 100}}
            """;

    private WordPieceJson() {}

    static byte[] of(String vocabulary, boolean lowercase, String source) throws JsonProcessingException {
        ObjectNode json = (ObjectNode) JSON.readTree(TEMPLATE);
        ((ObjectNode) json.get("normalizer")).put("lowercase", lowercase);
        ObjectNode ids = ((ObjectNode) json.get("model")).putObject("vocab");
        // Some tokens are unusual blanks: only a line feed ends a line.
        String[] lines = vocabulary.split("\r?\n");
        for (int id = 0; id < lines.length; id++) {
            ids.put(lines[id], id);
        }
        if (!ids.has(UNKNOWN)) {
            throw new UserError(source + " has no token " + UNKNOWN + "; is it the vocabulary of a BERT?");
        }
        ArrayNode added = (ArrayNode) json.get("added_tokens");
        for (String token : SPECIAL) {
            if (ids.has(token)) {
                added.addObject()
                        .put("id", ids.get(token).intValue())
                        .put("content", token)
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", true);
            }
        }
        return JSON.writeValueAsBytes(json);
    }
}
