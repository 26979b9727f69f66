package org.loraspark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.loraspark.UserError;

class PictureTreeTest {
    private static final Configuration CONF = new Configuration();

    @TempDir
    Path folder;

    @BeforeEach
    void fill() throws IOException {
        for (String name : new String[] {"b.png", "a.jpg", "deep/er/c.webp", "deep/d.PNG", "deep/e.gif", ".x/f.png"}) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[3]);
        }
        Files.writeString(folder.resolve("deep/metadata.csv"), "er/c.webp,\"see, below\"\nd.PNG,own folder's");
        Files.writeString(folder.resolve("metadata.csv"), "deep/d.PNG,top's\nb.png,b\nz.png,not there");
        Files.writeString(folder.resolve("a.txt"), "beside\nsecond line");
    }

    @Test
    void picturesAreFoundAtEveryDepthWithTheirCaptions() {
        PictureTree tree = PictureTree.captioned(path(folder), CONF, "");
        assertThat(tree.pictures())
                .extracting(Picture::name, Picture::caption, Picture::length)
                .containsExactly(
                        tuple("a.jpg", "beside", 3L),
                        tuple("b.png", "b", 3L),
                        tuple("deep/d.PNG", "own folder's", 3L),
                        tuple("deep/er/c.webp", "see, below", 3L));
        assertThat(tree.foreign()).extracting(Problem::path).containsExactly("deep/e.gif");
        assertThat(tree.problems())
                .extracting(Problem::reason)
                .singleElement()
                .asString()
                .contains("z.png");
        assertThat(tree.strangers()).isEmpty();
    }

    @Test
    void captionFileOfTheWholeFolderIsAskedFirst() throws IOException {
        Path file = Files.writeString(folder.resolve(".x/mine.csv"), "a.jpg,mine\ngone.png,kept");
        PictureTree tree = PictureTree.captioned(path(folder), CONF, file.toString());
        assertThat(tree.pictures()).extracting(Picture::caption).startsWith("mine", "b");
        assertThat(tree.strangers()).containsExactly(java.util.Map.entry("gone.png", "kept"));
    }

    @Test
    void listingLooksForNoCaptions() {
        assertThat(PictureTree.list(path(folder), CONF).pictures())
                .hasSize(4)
                .extracting(Picture::caption)
                .containsOnly("");
    }

    @Test
    void folderWithoutPicturesIsRefused() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("none/inner"));
        Files.write(empty.resolve("x.avif"), new byte[3]);
        assertThatThrownBy(() -> PictureTree.list(path(folder.resolve("none")), CONF))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no pictures")
                .hasMessageContaining("inner/x.avif");
        assertThatThrownBy(() -> PictureTree.list(path(folder.resolve("a.jpg")), CONF))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("is a file");
        assertThatThrownBy(() -> PictureTree.list(path(folder.resolve("nowhere")), CONF))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
    }

    private static org.apache.hadoop.fs.Path path(Path path) {
        return new org.apache.hadoop.fs.Path(path.toUri());
    }
}
