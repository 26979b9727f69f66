package org.loraspark.cluster.caption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;
import org.loraspark.cluster.SparkSessions;
import org.loraspark.data.DatasetScanner;
import org.loraspark.data.Picture;
import org.loraspark.data.ScanOptions;

/** Whole jobs in this process, on a handful of pictures. */
class CaptionJobTest {
    private static final Configuration CONF = new Configuration();

    @TempDir
    Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = SparkSessions.open("local[2]", "test", 2);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @Test
    void csvIsWhatTrainReads() throws IOException {
        Path pictures = pictures("01.png", "02.jpg", "we, \"three\".webp", "04.bmp");
        CaptionReport report =
                run(Orders.of(pictures, pictures.resolve("metadata.csv")).around("ohwx", ", outline style"));
        assertThat(report.captioned()).isEqualTo(4);
        assertThat(report.rejectedFile()).isEmpty();
        assertThat(pictures.resolve("metadata.csv")).hasContent("""
                        01.png,"ohwx red background, >_<, ruby (gem), outline style"
                        02.jpg,"ohwx green background, outline style"
                        04.bmp,"ohwx red background, >_<, ruby (gem), outline style"
                        "we, ""three"".webp","ohwx blue background, o_o, outline style"
                        """);
        assertThat(train(pictures)).extracting(Picture::caption).allMatch(caption -> caption.startsWith("ohwx "));
        assertThat(names(pictures)).hasSize(5).noneMatch(name -> name.startsWith("."));
    }

    @Test
    void jsonLinesAndTextFilesAreWhatTrainReads() throws IOException {
        Path top = pictures("10_shapes/01.png", "10_shapes/02.png");
        run(Orders.of(top, top.resolve("metadata.jsonl")));
        assertThat(train(top))
                .extracting(Picture::name, Picture::caption)
                .containsExactly(
                        tuple("10_shapes/01.png", TestPictures.caption(0)),
                        tuple("10_shapes/02.png", TestPictures.caption(1)));

        Path flat = folder.resolve("flat");
        Files.createDirectories(flat);
        Files.write(flat.resolve("a.b.png"), TestPictures.file("png", 2));
        run(Orders.of(flat, folder.resolve("elsewhere.csv")).beside());
        assertThat(flat.resolve("a.b.txt")).hasContent(TestPictures.caption(2));
        assertThat(train(flat)).extracting(Picture::caption).containsExactly(TestPictures.caption(2));
    }

    @Test
    void parquetHasTheSameRows() throws IOException {
        Path pictures = pictures("x/01.png", "x/02.png");
        Path output = folder.resolve("captions.parquet");
        run(Orders.of(pictures, output));
        List<Row> rows =
                spark.read().parquet(output.toString()).orderBy("file_name").collectAsList();
        assertThat(rows)
                .extracting(row -> row.getString(0), row -> row.getString(1))
                .containsExactly(
                        tuple("x/01.png", TestPictures.caption(0)), tuple("x/02.png", TestPictures.caption(1)));
    }

    @Test
    void existingCaptionsAreKeptOverwrittenOrContinued() throws IOException {
        Path pictures = pictures("01.png", "02.png", "03.png");
        Path csv = Files.writeString(pictures.resolve("metadata.csv"), "01.png,\"mine\"\ngone.png,\"still here\"\n");
        Files.writeString(pictures.resolve("02.txt"), "also mine");

        assertThatThrownBy(() -> run(Orders.of(pictures, csv)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("exists")
                .hasMessageContaining("--existing");
        CaptionReport kept =
                run(Orders.of(pictures, csv).existing(ExistingCaptions.KEEP).around("x", ""));
        assertThat(kept.captioned()).isEqualTo(1);
        assertThat(kept.kept()).isEqualTo(2);
        assertThat(csv)
                .hasContent("01.png,\"mine\"\n02.png,\"also mine\"\n03.png,\"x " + TestPictures.caption(2)
                        + "\"\ngone.png,\"still here\"\n");

        run(Orders.of(pictures, csv).existing(ExistingCaptions.APPEND).beside());
        assertThat(csv).content().contains("01.png,\"mine, " + TestPictures.caption(0) + "\"\n");
        assertThat(pictures.resolve("02.txt")).hasContent("also mine, " + TestPictures.caption(1));

        run(Orders.of(pictures, csv).existing(ExistingCaptions.OVERWRITE));
        assertThat(csv)
                .hasContent("01.png,\"" + TestPictures.caption(0) + "\"\n02.png,\"" + TestPictures.caption(1)
                        + "\"\n03.png,\"" + TestPictures.caption(2) + "\"\n");
    }

    @Test
    void textFileOfAKeptCaptionIsNotTouched() throws IOException {
        Path pictures = pictures("01.png", "02.png");
        Files.write(pictures.resolve("01.txt"), new byte[] {(byte) 0xc4, (byte) 0xe3});
        Files.writeString(pictures.resolve("02.txt"), "mine");
        run(Orders.of(pictures, folder.resolve("captions.csv")).beside());
        assertThat(pictures.resolve("01.txt")).hasBinaryContent(new byte[] {(byte) 0xc4, (byte) 0xe3});
        assertThat(pictures.resolve("02.txt")).hasContent("mine");
        assertThat(folder.resolve("captions.csv"))
                .hasContent("01.png,\"" + TestPictures.caption(0) + "\"\n02.png,\"mine\"\n");
    }

    @Test
    void appendingTwiceAfterAStopAppendsOnce() throws IOException {
        Path pictures = pictures("01.png");
        Path csv = Files.writeString(pictures.resolve("metadata.csv"), "01.png,\"mine\"\n");
        CaptionOrder order =
                Orders.of(pictures, csv).existing(ExistingCaptions.APPEND).order();
        CaptionPlan stopped = new CaptionPlanner(context(), order).plan();
        new ExistingSnapshot(stopped.work(), CONF).write(stopped.existing());
        Files.writeString(csv, "01.png,\"mine, " + TestPictures.caption(0) + "\"\n");
        new CaptionJob(order, spark).run();
        assertThat(csv).hasContent("01.png,\"mine, " + TestPictures.caption(0) + "\"\n");
    }

    @Test
    void secondStartDoesOnlyTheRest() throws IOException {
        Path pictures = pictures("01.png", "02.png", "03.png");
        Path csv = folder.resolve("captions.csv");
        CaptionOrder order = Orders.of(pictures, csv).order();
        CaptionPlan first = new CaptionPlanner(context(), order).plan();
        List<Picture> listed = first.tree().pictures();
        first.journal()
                .save(List.of(
                        finished(listed.get(0), "first", "done before"),
                        finished(listed.get(0), "first", "done twice"),
                        finished(listed.get(1), hash(pictures.resolve("02.png")), "done, then moved")));
        Files.move(pictures.resolve("02.png"), pictures.resolve("2.png"));

        CaptionJob second = new CaptionJob(order, spark);
        assertThat(second.plan())
                .contains("3 in ", "1 were finished before the job was stopped", "2 to caption in 2 tasks");
        second.run();
        assertThat(csv)
                .hasContent("01.png,\"done before\"\n03.png,\"" + TestPictures.caption(2)
                        + "\"\n2.png,\"done, then moved\"\n");
        assertThat(names(folder)).containsExactly("captions.csv", "pictures");
    }

    /** What a driver leaves that is killed while it writes the text files: some of them, a part of one, no output. */
    @Test
    void secondStartWritesTheRestOfTheTextFilesAndTheParquet() throws IOException {
        Path pictures = pictures("01.png", "02.png", "03.png", "04.png");
        Path output = folder.resolve("captions.parquet");
        CaptionOrder order =
                Orders.of(pictures, output).around("ink,", "").beside().order();
        CaptionPlan first = new CaptionPlanner(context(), order).plan();
        List<Picture> listed = first.tree().pictures();
        first.journal()
                .save(List.of(
                        finished(listed.get(0), hash(pictures.resolve("01.png")), "one"),
                        finished(listed.get(1), hash(pictures.resolve("02.png")), "two")));
        first.journal().save(List.of(finished(listed.get(2), hash(pictures.resolve("03.png")), "three")));
        Files.writeString(pictures.resolve("01.txt"), "ink, one\n");
        Files.writeString(pictures.resolve("02.txt"), "");

        CaptionReport report = new CaptionJob(order, spark).run();
        List<String> captions = List.of("ink, one", "ink, two", "ink, three", "ink, " + TestPictures.caption(3));
        assertThat(spark.read().parquet(output.toString()).orderBy("file_name").collectAsList())
                .extracting(row -> row.getString(1))
                .containsExactlyElementsOf(captions);
        for (int i = 0; i < captions.size(); i++) {
            assertThat(pictures.resolve("0" + (i + 1) + ".txt")).hasContent(captions.get(i));
        }
        assertThat(report.captioned() + report.kept()).isEqualTo(4);
        assertThat(names(folder)).containsExactly("captions.parquet", "pictures");
        assertThat(names(pictures)).hasSize(8);
    }

    @Test
    void otherSettingsDoNotTakeTheWordsOfAnEarlierStart() throws IOException {
        Path pictures = pictures("01.png");
        CaptionOrder order = Orders.of(pictures, folder.resolve("captions.csv")).order();
        CaptionPlan first = new CaptionPlanner(context(), order).plan();
        first.journal().save(List.of(finished(first.todo().get(0), "hash", "of the other model")));
        run(Orders.of(pictures, folder.resolve("captions.csv")).models(Orders.TAGGERS.resolve("fixed")));
        assertThat(folder.resolve("captions.csv")).hasContent("01.png,\"" + TestPictures.caption(0) + "\"\n");
    }

    @Test
    void brokenPicturesAreRejectedWithTheReason() throws IOException {
        Path pictures = pictures("a/01.png", "02.png");
        Files.write(pictures.resolve("a/half.jpg"), TestPictures.broken("jpg", 1));
        Files.write(pictures.resolve("text.png"), "no picture".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Files.write(pictures.resolve("moving.gif"), new byte[10]);
        CaptionReport report = run(Orders.of(pictures, folder.resolve("captions.csv")));
        assertThat(report.captioned()).isEqualTo(2);
        assertThat(report.rejected()).isEqualTo(3);
        assertThat(Files.readAllLines(folder.resolve("rejected.csv")))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("file,reason"),
                        line -> assertThat(line).startsWith("a/half.jpg,\"the file is truncated"),
                        line -> assertThat(line).startsWith("moving.gif,\"is in a format"),
                        line -> assertThat(line).startsWith("text.png,\"it is no picture"));
        assertThat(folder.resolve("captions.csv")).content().hasLineCount(2);

        Files.write(pictures.resolve("text.png"), TestPictures.file("png", 5));
        Files.write(pictures.resolve("a/half.jpg"), TestPictures.file("jpg", 6));
        Files.delete(pictures.resolve("moving.gif"));
        CaptionReport mended =
                run(Orders.of(pictures, folder.resolve("captions.csv")).existing(ExistingCaptions.KEEP));
        assertThat(mended.captioned()).isEqualTo(2);
        assertThat(mended.kept()).isEqualTo(2);
        assertThat(folder.resolve("rejected.csv")).hasContent("file,reason");
    }

    @Test
    void sentenceComesBeforeTheTags() throws IOException {
        Path pictures = pictures("01.png", "02.jpg");
        run(Orders.of(pictures, folder.resolve("captions.csv")).models(Orders.TAGGERS.resolve("fixed"), Orders.BLIP));
        for (int i = 0; i < 2; i++) {
            String line = Files.readAllLines(folder.resolve("captions.csv")).get(i);
            assertThat(line).endsWith(", " + TestPictures.caption(i) + "\"").matches("0\\d\\....,\"[a-z ]{8,}, .*");
        }
        assertThatThrownBy(() -> run(Orders.of(pictures, folder.resolve("more.csv"))
                        .models(Orders.TAGGERS.resolve("fixed"), Orders.TAGGERS.resolve("dynamic"))))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("one of a kind");
    }

    @Test
    void contactSheetShowsPicturesTagsDuplicatesAndRejections() throws IOException {
        Path pictures = pictures("01.png", "02.png", "03.png");
        Files.write(pictures.resolve("01-again.webp"), TestPictures.file("webp", 0));
        Files.write(pictures.resolve("<b>.png"), TestPictures.broken("png", 4));
        Path page = folder.resolve("report.html");
        CaptionReport report =
                run(Orders.of(pictures, folder.resolve("captions.csv")).report(page));
        assertThat(report.duplicates()).isEqualTo(1);
        assertThat(report.duplicateExamples()).containsExactly("01-again.webp = 01.png");
        String html = Files.readString(page);
        assertThat(html)
                .contains("<b>4</b> captioned", "<b>1</b> look like another", "<b>1</b> rejected")
                .contains("data-tag=\"red background\"", "<i>2</i>", "&lt;b&gt;.png</dt><dd>the file is truncated")
                .contains("&gt;_&lt;")
                .doesNotContain("{{", "http://", "https://", "<b>.png");
        assertThat(html.split("data:image/webp;base64,", -1)).hasSize(1 + 4 + 2);
    }

    @Test
    void pictureWithoutWordsIsRejected() throws IOException {
        Path pictures = pictures("01.png");
        Files.write(
                pictures.resolve("grey.png"),
                org.loraspark.io.Images.toPng(new org.loraspark.io.RgbImage(8, 8, new byte[3 * 64])));
        CaptionReport report = run(Orders.of(pictures, folder.resolve("captions.csv")));
        assertThat(report.rejected()).isEqualTo(1);
        assertThat(folder.resolve("rejected.csv")).content().contains("grey.png,\"the model has no words");
    }

    @Test
    void damagedModelLeavesNothingBehind() throws IOException {
        Path pictures = pictures("01.png");
        Path model = Files.createDirectories(folder.resolve("model"));
        Files.write(model.resolve("model.onnx"), new byte[] {1, 2, 3});
        Files.copy(Orders.TAGGERS.resolve("dynamic/selected_tags.csv"), model.resolve("selected_tags.csv"));
        assertThatThrownBy(() ->
                        run(Orders.of(pictures, folder.resolve("captions.csv")).models(model)))
                .hasStackTraceContaining("UserError")
                .hasStackTraceContaining("cannot be loaded");
        assertThat(names(folder)).containsExactly("model", "pictures");
    }

    @Test
    void frameIsPutAroundOnce() {
        assertThat(new CaptionFrame("ohwx", ", flat style").around(" a cat\n sits "))
                .isEqualTo("ohwx a cat sits, flat style");
        assertThat(new CaptionFrame("ohwx", "flat").around("ohwx a cat flat")).isEqualTo("ohwx a cat flat");
        assertThat(new CaptionFrame("", ", flat").around("")).isEqualTo("flat");
        assertThat(new CaptionFrame("ohwx", "").around("")).isEqualTo("ohwx");
    }

    @Test
    void chunksHoldAboutTheSameBytesAndEveryPictureOnce() {
        List<Picture> pictures = Stream.iterate(0, i -> i + 1)
                .limit(500)
                .map(i -> new Picture("/" + i, "" + i, "", 1, i % 10 == 0 ? 20_000_000 : 10_000, 0))
                .toList();
        List<List<Picture>> chunks = CaptionChunks.of(pictures, 4);
        assertThat(chunks.stream().flatMap(List::stream)).isEqualTo(pictures);
        assertThat(chunks).hasSizeBetween(11, 12);
        assertThat(chunks)
                .allSatisfy(chunk -> assertThat(
                                chunk.stream().mapToLong(Picture::length).sum())
                        .isBetween(60_000_000L, 110_000_000L));
        assertThat(CaptionChunks.of(pictures.subList(1, 4), 4)).hasSize(3);
        assertThat(CaptionChunks.of(List.of(), 4)).isEmpty();
    }

    @Test
    void tagsAndTheWordsOfSentencesAreCounted() {
        assertThat(TagCounts.of(
                        List.of("a cat on the table, Flat Style", "a cat and a dog., flat style, flat style", "dog"),
                        3))
                .containsExactly(entry("cat", 2), entry("dog", 2), entry("flat style", 2));
    }

    private CaptionReport run(Orders.Builder order) {
        return new CaptionJob(order.order(), spark).run();
    }

    private static org.apache.spark.api.java.JavaSparkContext context() {
        return new org.apache.spark.api.java.JavaSparkContext(spark.sparkContext());
    }

    /** Picture i is number i, in the format that its name says. */
    private Path pictures(String... names) throws IOException {
        Path pictures = folder.resolve("pictures");
        for (int i = 0; i < names.length; i++) {
            Path file = pictures.resolve(names[i]);
            Files.createDirectories(file.getParent());
            Files.write(file, TestPictures.file(names[i].substring(names[i].lastIndexOf('.') + 1), i));
        }
        return pictures;
    }

    private static List<Picture> train(Path pictures) {
        return DatasetScanner.scan(new org.apache.hadoop.fs.Path(pictures.toUri()), CONF, ScanOptions.DEFAULT)
                .pictures();
    }

    private static Finished finished(Picture picture, String hash, String caption) {
        return new Finished(picture.name(), picture.length(), picture.modified(), hash, "0".repeat(22), caption, "");
    }

    private static String hash(Path file) throws IOException {
        try {
            return java.util.HexFormat.of()
                    .formatHex(
                            java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
