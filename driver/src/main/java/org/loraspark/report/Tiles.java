package org.loraspark.report;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;

/**
 * The single pictures of a run's previews, small enough for a page: {@code previews/tiles/NAME-step00000081-0.webp} for
 * the first prompt after step 81, {@code NAME-base-0.webp} for the base model's.
 */
public final class Tiles {
    private static final int SIDE = 320;
    private static final int QUALITY = 85;

    private final Path folder;
    private final String name;
    private final Configuration conf;

    Tiles(Path outputDir, String name, Configuration conf) {
        this.folder = new Path(outputDir, "previews/tiles");
        this.name = name;
        this.conf = conf;
    }

    void base(List<RgbImage> pictures) {
        write("base", pictures);
    }

    void afterStep(long step, List<RgbImage> pictures) {
        write(step(step), pictures);
    }

    private void write(String column, List<RgbImage> pictures) {
        for (int i = 0; i < pictures.size(); i++) {
            AtomicFiles.write(file(column, i), conf, Images.toSmallWebp(pictures.get(i), SIDE, QUALITY));
        }
    }

    /** A data URI; empty when there is no such picture. */
    String base(int prompt) {
        return read("base", prompt);
    }

    /** A data URI; empty when there is no such picture. */
    String afterStep(long step, int prompt) {
        return read(step(step), prompt);
    }

    private String read(String column, int prompt) {
        Path file = file(column, prompt);
        try (var in = Storage.fileSystem(file, conf).open(file)) {
            return uri(in.readAllBytes());
        } catch (FileNotFoundException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private Path file(String column, int prompt) {
        return new Path(folder, name + "-" + column + "-" + prompt + ".webp");
    }

    private static String step(long step) {
        return String.format("step%08d", step);
    }

    public static String uri(byte[] webp) {
        return "data:image/webp;base64," + Base64.getEncoder().encodeToString(webp);
    }
}
