package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvFieldTest {
    @ParameterizedTest
    @ValueSource(strings = {"plain.png", "a, b", "say \"cheese\"", "two\nlines", " blank at an end", "\"", "é €"})
    void readerTakesBackWhatWasWritten(String text) {
        String line = CsvField.of(text) + "," + CsvField.quoted(text);
        assertThat(CsvReader.read(line, "test").get(0).fields()).isEqualTo(List.of(text, text));
    }

    @Test
    void quotesOnlyWhatNeedsThem() {
        assertThat(CsvField.of("a b.png")).isEqualTo("a b.png");
        assertThat(CsvField.of("a,b.png")).isEqualTo("\"a,b.png\"");
    }
}
