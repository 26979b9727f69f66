package org.loraspark.cluster;

import java.util.HashMap;
import java.util.Map;
import org.loraspark.data.CaptionProcessor;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.train.CaptionEncoder;
import org.loraspark.train.Example;

/** A caption's token ids at one visit. Ids of texts that were seen before are kept. */
final class CaptionTokens implements CaptionEncoder {
    private static final int KEPT_TEXTS = 10_000;

    private final CaptionProcessor processor;
    private final long seed;
    private final ClipTokenizer tokenizer;
    private final Map<String, int[]> known = new HashMap<>();

    CaptionTokens(CaptionProcessor processor, long seed, ClipTokenizer tokenizer) {
        this.processor = processor;
        this.seed = seed;
        this.tokenizer = tokenizer;
    }

    @Override
    public int[] tokenIds(Example example, int epoch) {
        if (known.size() > KEPT_TEXTS) {
            known.clear();
        }
        String text = processor.process(example.caption(), seed, example.address(), epoch);
        return known.computeIfAbsent(text, t -> tokenizer.encode(t).ids());
    }
}
