package org.loraspark.cli;

import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Images;
import org.loraspark.io.PngText;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;

/** Where {@code sample} writes: {@code star.png}, or {@code star-1.png}, {@code star-2.png} … for several pictures. */
final class PictureFiles {
    private static final String ENDING = ".png";

    private final String output;
    private final int count;
    private final Configuration conf;

    PictureFiles(String output, int count, Configuration conf) {
        if (!output.endsWith(ENDING)) {
            throw new UserError("--output " + output + " must end in " + ENDING);
        }
        if (count < 1) {
            throw new UserError("--count " + count + " must be at least 1");
        }
        this.output = output;
        this.count = count;
        this.conf = conf;
    }

    /** @param index from 0 */
    Path path(int index) {
        String stem = output.substring(0, output.length() - ENDING.length());
        return AdapterFiles.path(count == 1 ? output : stem + "-" + (index + 1) + ENDING);
    }

    /** Making pictures takes long, so whether they can be written is found out before. */
    void requireWritable() {
        FileSystem fileSystem = Storage.fileSystem(path(0), conf);
        try {
            for (int i = 0; i < count; i++) {
                if (fileSystem.exists(path(i))
                        && fileSystem.getFileStatus(path(i)).isDirectory()) {
                    throw new UserError("--output " + path(i) + " is a folder; a file is needed");
                }
            }
            Path parent = path(0).getParent() == null ? new Path(".") : path(0).getParent();
            Path probe = new Path(parent, ".probe-" + UUID.randomUUID());
            AtomicFiles.write(probe, conf, new byte[1]);
            fileSystem.delete(probe, false);
        } catch (IOException e) {
            throw new UserError("cannot write to the folder of --output " + output + ": " + e.getMessage(), e);
        }
    }

    void write(int index, RgbImage picture, String parameters) {
        AtomicFiles.write(path(index), conf, PngText.add(Images.toPng(picture), "parameters", parameters));
    }
}
