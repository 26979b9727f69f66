package org.loraspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.loraspark.UserError;
import org.loraspark.config.ConfigReference;

class MainTest {
    private static final List<String> COMMANDS = List.of(
            "train",
            "sweep",
            "validate",
            "caption",
            "sample",
            "merge",
            "resize",
            "convert",
            "inspect",
            "replay",
            "doctor");

    @TempDir
    Path folder;

    @Test
    void helpNamesEveryCommand() {
        CliRun run = CliRun.of("--help");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("Examples:\n  lora-spark train");
        COMMANDS.forEach(command -> assertThat(run.out()).contains("\n  " + command + " "));
    }

    @Test
    void everyCommandHasHelpWithAnExample() {
        for (String command : COMMANDS) {
            CliRun run = CliRun.of(command, "--help");
            assertThat(run.status()).isZero();
            assertThat(run.out()).contains("Usage: lora-spark " + command, "Examples:\n  lora-spark " + command);
        }
    }

    @Test
    void helpOfTrainListsEveryKey() {
        String help = CliRun.of("train", "--help").out();
        ConfigReference.list()
                .forEach(key -> assertThat(help)
                        .contains(
                                "\n  " + key.name() + " = " + key.standard() + "\n      " + key.explanation() + "\n"));
    }

    @Test
    void versionIsOneLine() {
        CliRun run = CliRun.of("--version");
        assertThat(run.status()).isZero();
        assertThat(run.out()).startsWith("lora-spark ").hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "trian",
                "train",
                "train --confg x",
                "train --config",
                "caption --input x --output y.csv",
                "caption --input x --output y.csv --model m --existing some",
                "sample --base x",
                "sample --base b --prompt p --output o.png --steps many",
                "resize a.safetensors --output b.safetensors",
                "resize a.safetensors --rank 2 --sv-fro 0.9 --output b.safetensors",
                "replay --base b",
                "merge --output x.safetensors",
                "doctor extra",
            })
    void wrongArgumentsAreOneSentence(String arguments) {
        CliRun run = CliRun.of(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        run.assertRefused();
        assertThat(run.err()).contains("see lora-spark").contains("--help");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "lora.rank=0 | must be a whole number from 1",
                "lora.rnak=4 | did you mean lora.rank?",
                "lora.dropout=1 | must be at least 0 and below 1",
                "data.resolution=500 | the nearest to 500 are 496 and 504",
                "train.learning-rate=-1 | must be above 0",
                "train.epochs=0 | must be a whole number of at least 1",
                "train.optimizer=magic | must be one of adamw",
                "output.name=../x | must be a file name",
            })
    void badConfigIsRefusedBeforeAnythingStarts(String override, String expected) throws IOException {
        Path config = Files.writeString(
                folder.resolve("my.conf"),
                "model.base = base\ndata.dir = pictures\noutput.dir = \"" + folder.resolve("out") + "\"\n");
        for (String command : List.of("train", "validate")) {
            CliRun run = CliRun.of(command, "--config", config.toString(), "--set", override);
            run.assertRefused();
            assertThat(run.err()).contains(expected);
        }
        assertThat(CliRun.filesIn(folder)).containsExactly("my.conf");
    }

    @Test
    void missingConfigIsRefused() {
        CliRun run =
                CliRun.of("train", "--config", folder.resolve("nothing.conf").toString());
        run.assertRefused();
        assertThat(run.err()).contains("there is no config file", "nothing.conf");
    }

    @Test
    void userErrorInsideSparksExceptionIsStillTheUsers() {
        UserError cause = new UserError("picture 7 is broken");
        Exception wrapped = new RuntimeException("Job aborted\n\tat somewhere", new RuntimeException(cause));
        StringWriter text = new StringWriter();
        assertThat(Failures.report(wrapped, false, new PrintWriter(text))).isEqualTo(2);
        assertThat(text.toString().strip()).isEqualTo("lora-spark: picture 7 is broken");
    }

    @Test
    void otherFailureIsOneSentenceAndVerboseShowsWhere() {
        Exception failure = new IllegalStateException("Job aborted\n\tat x", new IOException("connection lost\nat y"));
        StringWriter brief = new StringWriter();
        assertThat(Failures.report(failure, false, new PrintWriter(brief))).isEqualTo(1);
        assertThat(brief.toString().strip())
                .isEqualTo("lora-spark: IOException: connection lost; --verbose shows where");
        StringWriter full = new StringWriter();
        assertThat(Failures.report(failure, true, new PrintWriter(full))).isEqualTo(1);
        assertThat(full.toString()).contains("at org.loraspark.cli.MainTest");
    }
}
