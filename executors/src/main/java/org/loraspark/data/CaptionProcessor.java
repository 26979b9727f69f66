package org.loraspark.data;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.loraspark.tensor.AddressedRandom;

/**
 * What a caption becomes at one visit, in kohya's order: prefix and suffix joined with a blank; dropout to the empty
 * caption; then, when tags are shuffled or dropped, a split at commas, the first {@code keepTokens} fixed, the others
 * shuffled, each of those dropped with {@code tagDropout}, joined with ", ".
 *
 * @param dropout probability of the empty caption
 * @param tagDropout probability of losing a tag that is not kept
 */
public record CaptionProcessor(
        String prefix, String suffix, double dropout, boolean shuffle, int keepTokens, double tagDropout)
        implements Serializable {
    /** Captions as they are. */
    public static final CaptionProcessor NONE = new CaptionProcessor("", "", 0, false, 0, 0);

    /** Whether a picture's caption is the same at every visit, so that its tokens can be kept. */
    public boolean isConstant() {
        return dropout == 0 && !shuffle && tagDropout == 0;
    }

    /** The caption without anything random. */
    public String fixed(String caption) {
        String front = prefix.isEmpty() ? caption : prefix + " " + caption;
        return suffix.isEmpty() ? front : front + " " + suffix;
    }

    /** The caption of one visit; {@code sample} is the picture's name. */
    public String process(String caption, long seed, String sample, long visit) {
        if (AddressedRandom.at(seed, sample, visit, "caption.dropout").nextBoolean(dropout)) {
            return "";
        }
        String whole = fixed(caption);
        if (!shuffle && tagDropout == 0) {
            return whole;
        }
        List<String> tags = new ArrayList<>();
        for (String tag : whole.split(",")) {
            if (!tag.isBlank()) {
                tags.add(tag.strip());
            }
        }
        int kept = Math.min(keepTokens, tags.size());
        List<String> flexible = tags.subList(kept, tags.size());
        if (shuffle) {
            flexible =
                    AddressedRandom.at(seed, sample, visit, "caption.shuffle").shuffled(flexible);
        }
        List<String> result = new ArrayList<>(tags.subList(0, kept));
        AddressedRandom drop = AddressedRandom.at(seed, sample, visit, "caption.tags");
        for (String tag : flexible) {
            if (!drop.nextBoolean(tagDropout)) {
                result.add(tag);
            }
        }
        return String.join(", ", result);
    }
}
