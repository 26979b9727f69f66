package org.loraspark.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.loraspark.UserError;

/**
 * Builds {@code tokenizer.json} from the two older files of CLIP's tokenizer, {@code vocab.json} and {@code merges.txt}:
 * NFC, white space collapsed, lower case; split into words, contractions, single digits and runs of other signs; byte-level
 * BPE whose last symbol of a piece ends in {@code </w>}.
 */
final class ClipTokenizerJson {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] SPECIAL = {"<|startoftext|>", "<|endoftext|>"};
    private static final String TEMPLATE = """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
             "normalizer": {"type": "Sequence", "normalizers": [
               {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "}, {"type": "Lowercase"}]},
             "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
               {"type": "Split", "behavior": "Removed", "invert": true, "pattern": {"Regex":
                 "<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"}},
               {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
             "post_processor": null,
             "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
             "model": {"type": "BPE", "dropout": null, "unk_token": "<|endoftext|>", "continuing_subword_prefix": "",
               "end_of_word_suffix": "</w>", "fuse_unk": false, "byte_fallback": false, "ignore_merges": false}}
            """;

    private ClipTokenizerJson() {}

    static byte[] of(JsonNode vocabulary, String merges, String source) throws JsonProcessingException {
        ObjectNode json = (ObjectNode) JSON.readTree(TEMPLATE);
        ArrayNode added = (ArrayNode) json.get("added_tokens");
        for (String token : SPECIAL) {
            if (!vocabulary.path(token).isInt()) {
                throw new UserError("vocab.json in " + source + " has no token " + token);
            }
            added.addObject()
                    .put("id", vocabulary.get(token).intValue())
                    .put("content", token)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        ObjectNode model = (ObjectNode) json.get("model");
        model.set("vocab", vocabulary);
        ArrayNode pairs = model.putArray("merges");
        merges.lines()
                .filter(line -> !line.startsWith("#version") && !line.isBlank())
                .forEach(pairs::add);
        return JSON.writeValueAsBytes(json);
    }
}
