package org.loraspark.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.data.Picture;
import org.loraspark.io.BrokenImageException;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;
import org.loraspark.report.RunRecord.Sample;

/** A few of the training pictures with their captions, evenly spread over the names, for the report. */
final class DataSamples {
    private static final int COUNT = 6;

    private DataSamples() {}

    static List<Sample> of(List<Picture> pictures, Configuration conf) {
        List<Sample> samples = new ArrayList<>();
        int count = Math.min(COUNT, pictures.size());
        for (int i = 0; i < count; i++) {
            Picture picture = pictures.get((int) ((long) i * pictures.size() / count));
            samples.add(read(picture, conf)
                    .map(image -> Sample.of(picture.name(), picture.caption(), image))
                    .orElseGet(() -> new Sample(picture.name(), picture.caption(), "")));
        }
        return samples;
    }

    /** Empty for what cannot be read: it is the run's business to refuse it. */
    private static Optional<RgbImage> read(Picture picture, Configuration conf) {
        Path path = new Path(picture.path());
        try (InputStream in = Storage.fileSystem(path, conf).open(path)) {
            return Optional.of(Images.decode(in.readAllBytes(), picture.name()));
        } catch (IOException | BrokenImageException e) {
            return Optional.empty();
        }
    }
}
