package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;

class DatasetScannerTest {
    private static final ScanOptions SKIP = new ScanOptions("", 1, true);

    @TempDir
    Path folder;

    @Test
    void demoFolderIsRead() {
        Dataset demo = scan(Path.of("../conf/demo/pictures"), ScanOptions.DEFAULT);
        assertThat(demo.pictures())
                .hasSize(24)
                .isSortedAccordingTo((a, b) -> a.name().compareTo(b.name()));
        assertThat(demo.pictures().get(2).name()).isEqualTo("03.jpg");
        assertThat(demo.pictures().get(0).caption())
                .isEqualTo("a big yellow circle on a pink background, outline style");
        assertThat(demo.pictures().get(0).path()).startsWith("file:/").endsWith("conf/demo/pictures/01.png");
        assertThat(demo.pictures().get(0).length()).isPositive();
        assertThat(demo.samples()).isEqualTo(24);
        assertThat(demo.skipped()).isEmpty();
    }

    @Test
    void scanningChangesNoFile() throws IOException {
        write("a.png", "x");
        write("metadata.csv", "a.png,cat\nb.png,dog\n");
        Map<String, String> before = snapshot();
        scan(folder, SKIP);
        assertThat(snapshot()).isEqualTo(before);
    }

    @Test
    void csvNeedsNoHeaderAndNoQuotes() throws IOException {
        picture("a.png", "b.JPG", "c.webp", "d.Bmp");
        write(
                "metadata.csv",
                "a.png,\"one, \"\"two\"\"\"\r\nb.JPG,three, four\r\n\r\nc.webp, five \r\n./d.Bmp,\"six\nseven\"");
        assertThat(captions(ScanOptions.DEFAULT))
                .containsExactly(
                        Map.entry("a.png", "one, \"two\""),
                        Map.entry("b.JPG", "three, four"),
                        Map.entry("c.webp", "five"),
                        Map.entry("d.Bmp", "six\nseven"));
    }

    @Test
    void csvHeaderMayOrderTheColumns() throws IOException {
        picture("a.png");
        for (String header : List.of("file_name,text", "filename,caption", "image,caption", "\ufeffImage,Prompt")) {
            write("metadata.csv", header + "\na.png,cat\n");
            assertThat(captions(ScanOptions.DEFAULT)).containsExactly(Map.entry("a.png", "cat"));
        }
        write("metadata.csv", "caption,score,file_name\n\"cat, black\",3,a.png\n");
        assertThat(captions(ScanOptions.DEFAULT)).containsExactly(Map.entry("a.png", "cat, black"));
    }

    @Test
    void unquotedCommaUnderAHeaderNamesItsLine() throws IOException {
        picture("a.png");
        write("metadata.csv", "file_name,text\na.png,cat, black\n");
        assertRefused("metadata.csv line 2 has 3 fields where the header names 2");
    }

    @Test
    void openQuoteNamesItsLine() throws IOException {
        picture("a.png");
        write("metadata.csv", "a.png,cat\nb.png,\"dog\nc.png,cow\n");
        assertRefused("metadata.csv line 2: the quote that opens here is never closed");
    }

    @Test
    void jsonLinesAreRead() throws IOException {
        picture("a.png", "b.png", "c.png");
        write(
                "metadata.jsonl",
                "{\"file_name\": \"a.png\", \"text\": \"one\"}\n\n{\"caption\": \"tw\\u00f6\", \"file_name\": \"b.png\"}\r\n"
                        + "{\"file_name\": \"c.png\", \"prompt\": \"three\", \"seed\": 3}");
        assertThat(captions(ScanOptions.DEFAULT).values()).containsExactly("one", "twö", "three");
    }

    @Test
    void damagedJsonLineIsNamed() throws IOException {
        picture("a.png");
        write("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"one\"}\n{\"file_name\": \n");
        assertRefused("metadata.jsonl line 2 is not a JSON object on one line");
    }

    @Test
    void textBesideThePictureIsRead() throws IOException {
        picture("a.png", "b.png", "c.png");
        write("a.txt", "\ufeffone \r\nsecond line");
        write("b.caption", "two");
        write("c.txt", "three");
        write("c.caption", "not this");
        assertThat(captions(ScanOptions.DEFAULT).values()).containsExactly("one", "two", "three");
    }

    @Test
    void metadataGoesBeforeTextAndCsvBeforeJson() throws IOException {
        picture("a.png", "b.png", "c.png");
        write("metadata.csv", "a.png,from csv\n");
        write(
                "metadata.jsonl",
                "{\"file_name\":\"a.png\",\"text\":\"no\"}\n{\"file_name\":\"b.png\",\"text\":\"from jsonl\"}");
        for (String name : List.of("a.txt", "b.txt", "c.txt")) {
            write(name, "from text");
        }
        assertThat(captions(ScanOptions.DEFAULT).values()).containsExactly("from csv", "from jsonl", "from text");
    }

    @Test
    void explicitCaptionFileIsTheOnlyOneAsked() throws IOException {
        picture("data/a.png", "data/b.png");
        write("data/metadata.csv", "a.png,no\nb.png,no\n");
        write("elsewhere.csv", "a.png,yes\n");
        ScanOptions options = new ScanOptions(folder.resolve("elsewhere.csv").toString(), 1, false);
        assertThatThrownBy(() -> scan(folder.resolve("data"), options))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("1 problem in")
                .hasMessageContaining("b.png has no caption");
        assertThatThrownBy(() -> scan(folder.resolve("data"), new ScanOptions("/nowhere.csv", 1, false)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("/nowhere.csv (data.captions) does not exist");
    }

    @Test
    void kohyaFoldersGiveRepeatsAndClassTokens() throws IOException {
        picture("10_zkz cat/a.png", "10_zkz cat/b.png", "3_dog/a.png", "3_dog/c.png", ".cache/x.png");
        write("10_zkz cat/a.txt", "zkz cat sitting");
        write("3_dog/metadata.csv", "a.png,a dog\n");
        write("metadata.csv", "3_dog/c.png,dog from above\n");
        Dataset dataset = scan(folder, new ScanOptions("", 2, false));
        assertThat(dataset.pictures().stream().map(p -> p.name() + "|" + p.caption() + "|" + p.repeats()))
                .containsExactly(
                        "10_zkz cat/a.png|zkz cat sitting|20",
                        "10_zkz cat/b.png|zkz cat|20",
                        "3_dog/a.png|a dog|6",
                        "3_dog/c.png|dog from above|6");
        assertThat(dataset.samples()).isEqualTo(52);
    }

    @Test
    void flatFolderWhoseNameLooksLikeKohyasIsReadAsAFlatFolder() throws IOException {
        picture("2024_photos/a.png");
        write("2024_photos/a.txt", "cat");
        Dataset dataset = scan(folder.resolve("2024_photos"), ScanOptions.DEFAULT);
        assertThat(dataset.pictures().stream().map(p -> p.name() + "|" + p.caption() + "|" + p.repeats()))
                .containsExactly("a.png|cat|1");
    }

    @Test
    void nothingIsLeftOutInSilence() throws IOException {
        picture("0_cat/a.png", "2_dog/a.png", "2_dog/more/b.png", "2_dog/c.gif", "other/d.png");
        Files.createDirectories(folder.resolve("5_cow"));
        assertThat(scan(folder, SKIP).skipped().stream().map(p -> name(p.path()) + " " + p.reason()))
                .containsExactlyInAnyOrder(
                        "0_cat has 0 repeats; rename it",
                        "more holds pictures that are not read here (1)",
                        "c.gif is in a format that is not read; convert it to PNG, JPEG or WebP",
                        "5_cow holds no pictures",
                        "other holds pictures that are not read here (1)");
    }

    @Test
    void foldersWithoutPicturesAreDescribed() throws IOException {
        assertRefused("holds no pictures (png, jpg, jpeg, webp, bmp): it is empty");
        write("notes.md", "x");
        assertRefused("found 1 other files and 0 folders (notes.md)");
        picture("cats/a.png");
        assertRefused("only sub-folders with pictures (cats)");
        assertThatThrownBy(() -> scan(folder.resolve("nowhere"), ScanOptions.DEFAULT))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> scan(folder.resolve("notes.md"), ScanOptions.DEFAULT))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("is a file");
        picture("10_cat/a.png", "b.png");
        assertRefused("holds both pictures (1) and kohya folders (10_cat)");
    }

    @Test
    void problemsAreCountedAndTheFirstTenNamed() throws IOException {
        for (int i = 10; i < 25; i++) {
            picture(i + ".png");
        }
        assertThatThrownBy(() -> scan(folder, ScanOptions.DEFAULT))
                .isInstanceOf(UserError.class)
                .hasMessageStartingWith("15 problems in")
                .hasMessageContaining("19.png has no caption; and 5 more (mend them, or set data.skip-invalid = true");
        assertThatThrownBy(() -> scan(folder, SKIP))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("holds no usable picture");
    }

    @Test
    void skippedProblemsAreReturned() throws IOException {
        picture("a.png", "b.png", "c.png", "d.png");
        write("metadata.csv", "a.png,first\na.png,second\nb.png,\nz.png,gone\n");
        write("c.txt", "\n");
        Files.write(folder.resolve("d.txt"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        Dataset dataset = scan(folder, SKIP);
        assertThat(dataset.pictures()).extracting(Picture::caption).containsExactly("first");
        assertThat(dataset.skipped().stream().map(p -> name(p.path()) + " " + p.reason()))
                .containsExactlyInAnyOrder(
                        "metadata.csv line 2 is a second row for a.png",
                        "metadata.csv line 3 has an empty caption for b.png",
                        "metadata.csv has a caption for z.png, which is not there",
                        "b.png has no caption",
                        "c.txt has no caption in its first line",
                        "c.png has no caption",
                        "d.txt is not UTF-8 text",
                        "d.png has no caption");
    }

    @Test
    void composedAndDecomposedNamesMeet() throws IOException {
        picture("cafe\u0301.png");
        write("metadata.csv", "caf\u00e9.png,coffee\n");
        assertThat(captions(ScanOptions.DEFAULT).values()).containsExactly("coffee");
    }

    private Map<String, String> captions(ScanOptions options) {
        return scan(folder, options).pictures().stream()
                .collect(Collectors.toMap(Picture::name, Picture::caption, (a, b) -> a, TreeMap::new));
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> scan(folder, ScanOptions.DEFAULT))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(message);
    }

    private static Dataset scan(Path folder, ScanOptions options) {
        return DatasetScanner.scan(new org.apache.hadoop.fs.Path(folder.toString()), new Configuration(), options);
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private void picture(String... names) throws IOException {
        for (String name : names) {
            write(name, "pixels");
        }
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Map<String, String> snapshot() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            Map<String, String> all = new TreeMap<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.put(file.toString(), Files.readString(file) + Files.getLastModifiedTime(file));
            }
            return all;
        }
    }
}
