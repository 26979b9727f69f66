package org.loraspark.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LineProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final AtomicLong clock = new AtomicLong(5_000_000_000L);

    @Test
    void oneLineInTenSecondsAndOneAtTheEnd() {
        try (LineProgress progress = progress(0)) {
            progress.update(1, "loss 0.5");
            clock.addAndGet(4_000_000_000L);
            progress.update(40, "loss 0.4");
            clock.addAndGet(6_000_000_000L);
            progress.update(100, "loss 0.3");
            progress.say("round 1 done");
            progress.update(400, "");
        }
        assertThat(lines())
                .containsExactly(
                        "steps 1/400, loss 0.5, 0 s left",
                        "steps 100/400, loss 0.3, 30 s left",
                        "round 1 done",
                        "steps 400/400");
    }

    @Test
    void timeLeftOfAResumedRunCountsItsOwnStepsOnly() {
        try (LineProgress progress = progress(300)) {
            clock.addAndGet(20_000_000_000L);
            progress.update(320, "");
        }
        assertThat(lines()).containsExactly("steps 320/400, 1 min 20 s left");
    }

    @Test
    void durationsAreWords() {
        assertThat(Durations.words(0.4)).isEqualTo("0 s");
        assertThat(Durations.words(59.4)).isEqualTo("59 s");
        assertThat(Durations.words(59.6)).isEqualTo("1 min 0 s");
        assertThat(Durations.words(7500)).isEqualTo("2 h 5 min");
    }

    private LineProgress progress(long alreadyDone) {
        return new LineProgress(
                new PrintStream(bytes, true, StandardCharsets.UTF_8), clock::get, "steps", 400, alreadyDone);
    }

    private List<String> lines() {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
