package org.loraspark.infer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.io.RgbImage;

/** A process that ends while it tags. */
class OnnxRunsTest {
    private static final int STATUS = 3;

    @TempDir
    Path folder;

    @Test
    void processThatEndsWhileItTagsDoesNotCrash() throws Exception {
        Path log = folder.resolve("tagging.log");
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:ErrorFile=" + folder.resolve("crash.log"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Tagging.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isEqualTo(STATUS);
        assertThat(folder.resolve("crash.log")).doesNotExist();
    }

    /** Ends the process when a run of some seconds is in flight, as Ctrl-C does. */
    static final class Tagging {
        private Tagging() {}

        public static void main(String[] args) {
            var model = new org.apache.hadoop.fs.Path(
                    Path.of("src/test/resources/tagger/slow").toUri());
            Wd14Tagger tagger = Wd14Tagger.open(model, new Configuration(), 2, TaggerOptions.DEFAULT);
            List<CaptionRequest> pictures =
                    List.of(new CaptionRequest("black", new RgbImage(16, 16, new byte[3 * 16 * 16])));
            Thread thread = new Thread(() -> tagger.describe(pictures));
            thread.setDaemon(true);
            thread.start();
            while (thread.isAlive() && !isRunning(thread)) {
                Thread.onSpinWait();
            }
            System.exit(thread.isAlive() ? STATUS : 1);
        }

        private static boolean isRunning(Thread thread) {
            StackTraceElement[] stack = thread.getStackTrace();
            return stack.length > 0
                    && stack[0].isNativeMethod()
                    && stack[0].getClassName().equals(OrtSession.class.getName())
                    && stack[0].getMethodName().equals("run");
        }
    }
}
