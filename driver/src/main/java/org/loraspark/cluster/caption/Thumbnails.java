package org.loraspark.cluster.caption;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.data.Picture;
import org.loraspark.io.BrokenImageException;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;

/** Small WebP pictures for the contact sheet, made on the cluster. A picture that cannot be read has none. */
final class Thumbnails {
    private static final int SIDE = 224;
    private static final int QUALITY = 70;
    private static final int TASKS_PER_SLOT = 3;

    private Thumbnails() {}

    private record Thumbnail(String name, byte[] webp) implements Serializable {}

    /** By name. */
    static Map<String, byte[]> of(List<Picture> pictures, JavaSparkContext spark, int slots) {
        if (pictures.isEmpty()) {
            return Map.of();
        }
        SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
        Map<String, byte[]> thumbnails = new HashMap<>();
        spark.parallelize(pictures, Math.min(pictures.size(), TASKS_PER_SLOT * slots))
                .map(picture -> make(picture, hadoop))
                .filter(thumbnail -> thumbnail.webp().length > 0)
                .collect()
                .forEach(thumbnail -> thumbnails.put(thumbnail.name(), thumbnail.webp()));
        return thumbnails;
    }

    private static Thumbnail make(Picture picture, SerializableConfiguration hadoop) {
        Path path = new Path(picture.path());
        try (InputStream in = Storage.fileSystem(path, hadoop.value()).open(path)) {
            RgbImage image = Images.decode(in.readAllBytes(), picture.name());
            return new Thumbnail(picture.name(), Images.toSmallWebp(image, SIDE, QUALITY));
        } catch (IOException | BrokenImageException e) {
            return new Thumbnail(picture.name(), new byte[0]);
        }
    }
}
