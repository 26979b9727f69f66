package org.loraspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerdictTest {
    @TempDir
    Path folder;

    @Test
    void strongOverfittingComesFirstWithWhatToChange() {
        Verdict verdict =
                of(run().round(.1, .06).round(.06, .04).round(.05, .05).round(.04, .06));
        assertThat(verdict.sentence()).isEqualTo("It overfits from round 2 on.");
        assertThat(verdict.isUrgent()).isTrue();
        assertThat(verdict.advice())
                .extracting(Verdict.Advice::setting)
                .contains(
                        "--set train.epochs=2",
                        "--set train.learning-rate=5e-5",
                        "--set lora.rank=4",
                        "--set lora.dropout=0.1");
    }

    @Test
    void slightOverfittingOfARunThatWorkedComesLater() {
        Verdict verdict = of(run().baseLoss(.1)
                .round(.1, .06)
                .round(.06, .0400)
                .round(.05, .0412)
                .round(.04, .0413));
        assertThat(verdict.sentence()).startsWith("It worked: the validation loss fell by 59");
        assertThat(verdict.detail()).contains("lowest after round 2, at 0.0400");
        assertThat(verdict.isUrgent()).isFalse();
    }

    @Test
    void stillFallingAsksForMoreEpochs() {
        Verdict verdict = of(run().baseLoss(.1).round(.1, .08).round(.08, .07).round(.07, .06));
        assertThat(verdict.advice()).extracting(Verdict.Advice::setting).containsExactly("--set train.epochs=12");
    }

    @Test
    void noEffectAndGettingWorseAreTold() {
        assertThat(of(run().baseLoss(.1).round(.1, .0999)).status()).isEqualTo("no effect");
        Verdict worse = of(run().baseLoss(.1).round(.1, .2));
        assertThat(worse.status()).isEqualTo("got worse");
        assertThat(worse.advice())
                .extracting(Verdict.Advice::setting)
                .containsExactly("--set train.learning-rate=2e-5");
    }

    private WrittenRun run() {
        return new WrittenRun(folder);
    }

    private static Verdict of(WrittenRun run) {
        run.finished("a cat");
        return Verdict.of(RunFiles.read(run.path(), WrittenRun.NAME, WrittenRun.conf()));
    }
}
