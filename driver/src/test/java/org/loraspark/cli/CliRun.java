package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** One call of the command line and what it said. */
record CliRun(List<String> arguments, int status, String out, String err) {
    static CliRun of(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(arguments, new PrintWriter(out), new PrintWriter(err));
        return new CliRun(List.of(arguments), status, out.toString(), err.toString());
    }

    /** Status 2, one sentence, no trace of Java. */
    void assertRefused() {
        assertThat(status).as("%s: %s", arguments, err).isEqualTo(2);
        assertThat(out).isEmpty();
        assertThat(err).startsWith("lora-spark: ").hasLineCount(1).doesNotContain("Exception", "\tat ");
    }

    static List<String> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}
