package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;

class AtomicFilesTest {
    @TempDir
    java.nio.file.Path folder;

    private final Configuration conf = new Configuration();

    private Path path(String name) {
        return new Path(folder.resolve(name).toString());
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void fileIsReplacedAndParentsAreMadeWithoutCompanions() {
        AtomicFiles.write(path("deep/er/file.txt"), conf, text("one"));
        AtomicFiles.write(path("deep/er/file.txt"), conf, text("two"));
        assertThat(folder.resolve("deep/er/file.txt")).hasContent("two");
        assertThat(folder.resolve("deep/er").toFile().list()).containsExactly("file.txt");
    }

    @Test
    void failureKeepsTheOldFileAndLeavesNothing() {
        AtomicFiles.write(path("file.txt"), conf, text("old"));
        assertThatThrownBy(() -> AtomicFiles.write(path("file.txt"), conf, out -> {
                    out.write(text("half"));
                    throw new IOException("the cable fell out");
                }))
                .isInstanceOf(UncheckedIOException.class)
                .hasRootCauseMessage("the cable fell out");
        assertThat(folder.resolve("file.txt")).hasContent("old");
        assertThat(folder.toFile().list()).containsExactly("file.txt");
    }

    @Test
    void fullDiskAndNoPermissionAreTheUsersErrors() {
        assertThatThrownBy(() -> AtomicFiles.write(path("a"), conf, out -> {
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("the disk is full");
        assertThatThrownBy(() -> AtomicFiles.write(path("a"), conf, out -> {
                    throw new AccessDeniedException("a");
                }))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("permission denied");
        AtomicFiles.write(path("file.txt"), conf, text("old"));
        assertThatThrownBy(() -> AtomicFiles.write(path("file.txt/below"), conf, text("new")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("in the way");
        assertThatThrownBy(() -> AtomicFiles.write(new Path(folder.toString()), conf, text("new")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("it is a folder");
    }

    @Test
    void folderAppearsWholeAndReplacesTheOldOne() throws IOException {
        AtomicFiles.writeFolder(path("state"), conf, at -> AtomicFiles.write(new Path(at, "one"), conf, text("1")));
        AtomicFiles.writeFolder(path("state"), conf, at -> {
            assertThat(folder.resolve("state/one")).exists();
            AtomicFiles.write(new Path(at, "two"), conf, text("2"));
        });
        assertThat(folder.resolve("state").toFile().list()).containsExactly("two");
        assertThatThrownBy(() -> AtomicFiles.writeFolder(path("state"), conf, at -> {
                    AtomicFiles.write(new Path(at, "three"), conf, text("3"));
                    throw new IOException("stopped");
                }))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(folder.toFile().list()).containsExactly("state");
        assertThat(folder.resolve("state").toFile().list()).containsExactly("two");
    }

    @Test
    void otherFileSystemsAreWrittenAndReadThroughHadoop() throws IOException {
        conf.setClass("fs.elsewhere.impl", Elsewhere.class, org.apache.hadoop.fs.FileSystem.class);
        Path remote = new Path("elsewhere://host" + folder.resolve("remote.safetensors"));
        SafetensorsWriter.write(
                remote,
                conf,
                java.util.Map.of("a", org.loraspark.tensor.HostTensor.of(new float[] {1, 2}, 2)),
                java.util.Map.of());
        SafetensorsWriter.write(
                remote,
                conf,
                java.util.Map.of("a", org.loraspark.tensor.HostTensor.of(new float[] {3, 4}, 2)),
                java.util.Map.of());
        try (SafetensorsFile file = SafetensorsFile.open(remote, conf)) {
            assertThat(file.tensor("a").toFloats()).containsExactly(3, 4);
            assertThat(file.path()).startsWith("elsewhere://");
        }
        assertThat(Files.list(folder)).hasSize(1);
        assertThatThrownBy(() -> SafetensorsFile.open(new Path("elsewhere://host/no/such.safetensors"), conf))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void unknownFileSystemIsTheUsersError() {
        assertThatThrownBy(() -> AtomicFiles.write(new Path("nowhere://host/a"), conf, text("a")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("not on the class path");
    }

    /** The local disk under a name that hides it. */
    public static final class Elsewhere extends org.apache.hadoop.fs.RawLocalFileSystem {
        @Override
        public java.net.URI getUri() {
            return java.net.URI.create("elsewhere://host");
        }

        @Override
        public String getScheme() {
            return "elsewhere";
        }
    }
}
