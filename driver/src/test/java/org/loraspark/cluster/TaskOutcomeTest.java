package org.loraspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

class TaskOutcomeTest {
    @Test
    void outOfMemoryTravelsAsAValueSoThatTheProcessAndOtherRunsLive() throws Exception {
        TaskOutcome<String> outcome = TaskOutcome.of(() -> {
            throw new OutOfMemoryError("cannot allocate 9 GB");
        });
        new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(outcome);
        assertThatThrownBy(outcome::get)
                .hasRootCauseInstanceOf(OutOfMemoryError.class)
                .hasMessageContaining("a worker is out of memory (cannot allocate 9 GB)");
    }

    @Test
    void valueComesBack() {
        assertThat(TaskOutcome.of(() -> "value").get()).isEqualTo("value");
    }
}
