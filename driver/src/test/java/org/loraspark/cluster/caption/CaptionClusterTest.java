package org.loraspark.cluster.caption;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.cluster.SparkHome;
import org.loraspark.data.DatasetScanner;
import org.loraspark.data.Picture;
import org.loraspark.data.ScanOptions;

/** A thousand pictures on a real HDFS, captioned by executor processes of which one is killed on the way. */
@Tag("cluster")
class CaptionClusterTest {
    private static final int GOOD = 980;

    @TempDir
    static Path folder;

    private static final Configuration CONF = new Configuration();
    private static MiniDFSCluster cluster;
    private static FileSystem hdfs;
    private static SparkSession spark;

    @BeforeAll
    static void start() throws IOException {
        CONF.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("hdfs").toString());
        cluster = new MiniDFSCluster.Builder(CONF).numDataNodes(1).build();
        cluster.waitActive();
        hdfs = cluster.getFileSystem();
        spark = SparkHome.localCluster(folder, 2, 1);
    }

    @AfterAll
    static void stop() {
        SparkHome.stop(spark);
        cluster.shutdown();
    }

    @Test
    void killedExecutorNeitherLosesNorDoublesALine() throws Exception {
        Map<String, byte[]> files = new TreeMap<>();
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < GOOD; i++) {
            String ending = TestPictures.FORMATS.get(i % 4);
            String name = "10_shapes/" + i + "." + (i % 7 == 0 ? ending.toUpperCase(Locale.ROOT) : ending);
            files.put(name, TestPictures.file(ending, i));
            expected.put(name, TestPictures.caption(i) + ", flat");
        }
        for (int i = 0; i < 16; i++) {
            String ending = TestPictures.FORMATS.get(i % 4);
            files.put("10_shapes/half" + i + "." + ending, TestPictures.broken(ending, i));
        }
        files.put("10_shapes/empty.png", new byte[0]);
        files.put("10_shapes/text.jpg", "no picture".getBytes(StandardCharsets.UTF_8));
        files.put("10_shapes/moving.gif", "GIF89a".getBytes(StandardCharsets.UTF_8));
        files.put("10_shapes/old.tiff", new byte[] {'I', 'I', '*', 0});
        upload(files);

        CaptionJob job = new CaptionJob(
                Orders.of(path(""), path("metadata.csv")).around("", ", flat").order(), spark);
        AtomicInteger killed = killAfterTasks(10);
        CaptionReport report = job.run();

        assertThat(killed).hasValue(1);
        assertThat(report.captioned()).isEqualTo(GOOD);
        assertThat(report.rejected()).isEqualTo(20);
        Map<String, String> captions = new TreeMap<>();
        for (Picture picture : DatasetScanner.scan(
                        new org.apache.hadoop.fs.Path(path("")), CONF, new ScanOptions("", 1, true))
                .pictures()) {
            if (!picture.caption().equals("shapes")) {
                captions.put(picture.name(), picture.caption());
            }
        }
        assertThat(captions).isEqualTo(expected);
        assertThat(lines("metadata.csv")).hasSize(GOOD).doesNotHaveDuplicates();
        assertThat(lines("rejected.csv")).hasSize(1 + 20).doesNotHaveDuplicates();
        assertThat(hdfs.listStatus(new org.apache.hadoop.fs.Path(path(""))))
                .extracting(FileStatus::getPath)
                .extracting(org.apache.hadoop.fs.Path::getName)
                .containsExactlyInAnyOrder("10_shapes", "metadata.csv", "rejected.csv");
    }

    private static AtomicInteger killAfterTasks(int count) {
        Map<String, Long> executors = SparkHome.executors(spark, 2);
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger killed = new AtomicInteger();
        spark.sparkContext().addSparkListener(new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                if (ended.incrementAndGet() == count) {
                    String other = executors.keySet().stream()
                            .filter(id -> !id.equals(end.taskInfo().executorId()))
                            .findFirst()
                            .orElseThrow();
                    ProcessHandle.of(executors.get(other)).orElseThrow().destroyForcibly();
                    killed.incrementAndGet();
                }
            }
        });
        return killed;
    }

    private static String path(String name) {
        return cluster.getURI() + "/pictures/" + name;
    }

    /** Small files on HDFS are all waiting, so many wait together. */
    private static void upload(Map<String, byte[]> files) throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(16);
        try {
            List<Callable<Void>> writes = new ArrayList<>();
            files.forEach((name, bytes) -> writes.add(() -> {
                try (OutputStream out = hdfs.create(new org.apache.hadoop.fs.Path(path(name)))) {
                    out.write(bytes);
                }
                return null;
            }));
            for (Future<Void> write : writers.invokeAll(writes)) {
                write.get();
            }
        } finally {
            writers.shutdown();
        }
    }

    private static List<String> lines(String name) throws IOException {
        try (var in = hdfs.open(new org.apache.hadoop.fs.Path(path(name)))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
