package org.loraspark.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedAction;
import java.util.Arrays;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.tensor.HostTensor;

/** Files on a real HDFS of one node. */
@Tag("cluster")
class HdfsTest {
    @TempDir
    static java.nio.file.Path folder;

    private static final Configuration CONF = new Configuration();
    private static MiniDFSCluster cluster;
    private static FileSystem hdfs;

    @BeforeAll
    static void start() throws IOException {
        CONF.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.toString());
        cluster = new MiniDFSCluster.Builder(CONF).numDataNodes(1).build();
        cluster.waitActive();
        hdfs = cluster.getFileSystem();
    }

    @AfterAll
    static void stop() {
        cluster.shutdown();
    }

    private static Path path(String name) {
        return new Path(cluster.getURI() + "/" + name);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String[] names(String folder) throws IOException {
        return Arrays.stream(hdfs.listStatus(path(folder)))
                .map(FileStatus::getPath)
                .map(Path::getName)
                .toArray(String[]::new);
    }

    @Test
    void fileIsReplacedAndAFailureLeavesTheOldOne() throws IOException {
        AtomicFiles.write(path("replace/file"), CONF, text("one"));
        AtomicFiles.write(path("replace/file"), CONF, text("two"));
        assertThatThrownBy(() -> AtomicFiles.write(path("replace/file"), CONF, out -> {
                    out.write(text("half"));
                    throw new IOException("stopped");
                }))
                .hasRootCauseMessage("stopped");
        try (var in = hdfs.open(path("replace/file"))) {
            assertThat(in.readAllBytes()).isEqualTo(text("two"));
        }
        assertThat(names("replace")).containsExactly("file");
    }

    @Test
    void folderIsReplacedWhole() throws IOException {
        for (String name : new String[] {"one", "two"}) {
            AtomicFiles.writeFolder(
                    path("folders/state"), CONF, at -> AtomicFiles.write(new Path(at, name), CONF, text(name)));
        }
        assertThat(names("folders")).containsExactly("state");
        assertThat(names("folders/state")).containsExactly("two");
    }

    @Test
    void tensorsAreWrittenAndMapped() {
        SafetensorsWriter.write(
                path("model.safetensors"), CONF, Map.of("a", HostTensor.of(new float[] {1, 2}, 2)), Map.of());
        try (SafetensorsFile file = SafetensorsFile.open(path("model.safetensors"), CONF)) {
            assertThat(file.tensor("a").toFloats()).containsExactly(1, 2);
        }
    }

    @Test
    void eventFileIsWholeAfterEveryCall() throws IOException {
        try (EventsWriter writer = EventsWriter.open(path("logs"), CONF)) {
            writer.scalar("loss", 1, 1);
            long before = hdfs.getFileStatus(writer.file()).getLen();
            writer.scalar("loss", 2, 0.5);
            assertThat(hdfs.getFileStatus(writer.file()).getLen()).isGreaterThan(before);
        }
        assertThat(names("logs")).hasSize(1);
    }

    @Test
    void missingLockedAndBlockedPathsAreTheUsersErrors() throws IOException {
        assertThatThrownBy(() -> SafetensorsFile.open(path("nothing"), CONF))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no such file");
        AtomicFiles.write(path("file"), CONF, text("file"));
        assertThatThrownBy(() -> AtomicFiles.write(path("file/below"), CONF, text("x")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("in the way");
        hdfs.mkdirs(path("locked"));
        hdfs.setPermission(path("locked"), new FsPermission("700"));
        UserGroupInformation.createRemoteUser("guest").doAs((PrivilegedAction<Void>) () -> {
            assertThatThrownBy(() -> AtomicFiles.write(path("locked/x"), CONF, text("x")))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("permission denied");
            return null;
        });
    }
}
