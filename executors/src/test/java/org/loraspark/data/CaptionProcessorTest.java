package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class CaptionProcessorTest {
    private static final String TAGS = "zkz, red, green,blue ,  black";

    @Test
    void captionStaysAsItIsWithoutOptions() {
        assertThat(CaptionProcessor.NONE.process(TAGS, 1, "a.png", 0)).isEqualTo(TAGS);
        assertThat(CaptionProcessor.NONE.isConstant()).isTrue();
    }

    @Test
    void prefixAndSuffixAreJoinedWithABlank() {
        CaptionProcessor processor = new CaptionProcessor("photo of", "at night", 0, false, 0, 0);
        assertThat(processor.process("a cat", 1, "a.png", 0)).isEqualTo("photo of a cat at night");
    }

    @Test
    void dropoutTakesPrefixAndSuffixToo() {
        assertThat(new CaptionProcessor("p", "s", 1, false, 0, 0).process("a cat", 1, "a.png", 0))
                .isEmpty();
    }

    @Test
    void dropoutHappensAtItsRate() {
        CaptionProcessor processor = new CaptionProcessor("", "", 0.1, false, 0, 0);
        assertThat(processor.isConstant()).isFalse();
        long dropped = LongStream.range(0, 10_000)
                .filter(visit -> processor.process("a cat", 1, "a.png", visit).isEmpty())
                .count();
        assertThat(dropped / 10_000.0).isCloseTo(0.1, within(0.015));
    }

    @Test
    void shufflingKeepsTheFirstTagsAndAllOfTheOthers() {
        CaptionProcessor processor = new CaptionProcessor("", "", 0, true, 2, 0);
        Set<String> seen = new HashSet<>();
        for (int visit = 0; visit < 100; visit++) {
            String caption = processor.process(TAGS, 1, "a.png", visit);
            assertThat(caption).startsWith("zkz, red, ");
            assertThat(caption.split(", ")).containsExactlyInAnyOrder("zkz", "red", "green", "blue", "black");
            seen.add(caption);
        }
        assertThat(seen).hasSize(6);
    }

    @Test
    void tagDropoutSparesKeptTags() {
        CaptionProcessor all = new CaptionProcessor("", "", 0, false, 2, 1);
        assertThat(all.process(TAGS, 1, "a.png", 0)).isEqualTo("zkz, red");
        CaptionProcessor half = new CaptionProcessor("", "", 0, false, 1, 0.5);
        double tags = LongStream.range(0, 2000)
                .mapToInt(visit -> half.process(TAGS, 1, "a.png", visit).split(", ").length)
                .average()
                .orElseThrow();
        assertThat(tags).isCloseTo(3, within(0.1));
    }

    @Test
    void aVisitIsRepeatedExactlyAndPicturesDiffer() {
        CaptionProcessor processor = new CaptionProcessor("", "", 0.2, true, 0, 0.2);
        List<String> once = run(processor, 1, "a.png");
        assertThat(run(processor, 1, "a.png")).isEqualTo(once);
        assertThat(run(processor, 1, "b.png")).isNotEqualTo(once);
        assertThat(run(processor, 2, "a.png")).isNotEqualTo(once);
    }

    @Test
    void keepingMoreTagsThanThereAreIsHarmless() {
        assertThat(new CaptionProcessor("", "", 0, true, 9, 0.5).process("a, b", 1, "a.png", 0))
                .isEqualTo("a, b");
    }

    private static List<String> run(CaptionProcessor processor, long seed, String sample) {
        return LongStream.range(0, 20)
                .mapToObj(visit -> processor.process(TAGS, seed, sample, visit))
                .toList();
    }
}
