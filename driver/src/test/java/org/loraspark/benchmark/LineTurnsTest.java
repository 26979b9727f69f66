package org.loraspark.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LineTurnsTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void greetsOnceThenAnswersEachOrderWithALine() {
        LineTurns turns = turns("peak\nstep\nwhat\nstep\nquit\n");
        turns.await();
        turns.done();
        turns.await();
        turns.done();
        assertThatThrownBy(turns::await).isInstanceOf(Turns.Over.class);
        assertThat(turns.profileWanted()).isFalse();
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .matches("ready \\{\"engine\":\"nd4j\"}\npeak [1-9][0-9]+\nstep 0\\.[0-9]{6}\n"
                        + "error unknown order 'what'\nstep 0\\.[0-9]{6}\n");
    }

    @Test
    void profileEndsTheTurnsAndIsRemembered() {
        LineTurns turns = turns("profile\n");
        assertThatThrownBy(turns::await).isInstanceOf(Turns.Over.class);
        assertThat(turns.profileWanted()).isTrue();
    }

    @Test
    void endOfTheInputEndsTheTurns() {
        assertThatThrownBy(turns("")::await).isInstanceOf(Turns.Over.class);
    }

    private LineTurns turns(String orders) {
        return new LineTurns(
                new BufferedReader(new StringReader(orders)),
                new PrintStream(bytes, true, StandardCharsets.UTF_8),
                new ObjectMapper().createObjectNode().put("engine", "nd4j"));
    }
}
