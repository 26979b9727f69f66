package org.loraspark.models.blip;

import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.Resampling;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;
import org.loraspark.models.ConfigJson;

/**
 * From a picture to what the vision tower sees: resized to a square whatever its shape, then (x * rescale - mean) / std
 * in each channel.
 */
public final class PictureProcessor {
    private static final int VALUES = 256;

    private final int size;
    private final Resampling resampling;
    private final float[][] normalised = new float[3][VALUES];

    private PictureProcessor(int size, Resampling resampling, double rescale, double[] mean, double[] std) {
        this.size = size;
        this.resampling = resampling;
        for (int c = 0; c < normalised.length; c++) {
            for (int value = 0; value < VALUES; value++) {
                normalised[c][value] = (float) ((value * rescale - mean[c]) / std[c]);
            }
        }
    }

    /** Reads a model folder's {@code processor_config.json} or {@code preprocessor_config.json}; without one, BLIP's. */
    static PictureProcessor read(Path folder, Configuration conf, int imageSize) {
        ConfigJson json = config(folder, conf);
        json.only("do_resize", "true");
        json.only("do_rescale", "true");
        json.only("do_normalize", "true");
        for (String side : new String[] {"height", "width"}) {
            int pixels = json.isObject("size")
                    ? json.object("size").integer(side, imageSize)
                    : json.integer("size", imageSize);
            if (pixels != imageSize) {
                throw json.wrong("size", "the vision tower's image_size is " + imageSize);
            }
        }
        int code = json.integer("resample", Resampling.BICUBIC.code());
        Resampling resampling = Arrays.stream(Resampling.values())
                .filter(r -> r.code() == code)
                .findFirst()
                .orElseThrow(() -> json.wrong("resample", "1 (Lanczos), 2 (bilinear) or 3 (bicubic) is supported"));
        return new PictureProcessor(
                imageSize,
                resampling,
                json.number("rescale_factor", 1 / 255.0),
                json.numbers("image_mean", 0.48145466, 0.4578275, 0.40821073),
                json.numbers("image_std", 0.26862954, 0.26130258, 0.27577711));
    }

    private static ConfigJson config(Path folder, Configuration conf) {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Path processor = new Path(folder, "processor_config.json");
        Path preprocessor = new Path(folder, "preprocessor_config.json");
        try {
            if (fileSystem.exists(processor)) {
                ConfigJson json = ConfigJson.read(processor, conf);
                if (json.isObject("image_processor")) {
                    return json.object("image_processor");
                }
            }
            return fileSystem.exists(preprocessor)
                    ? ConfigJson.read(preprocessor, conf)
                    : ConfigJson.empty(preprocessor.toString());
        } catch (IOException e) {
            throw new UserError("cannot read the model folder " + folder + ": " + e.getMessage(), e);
        }
    }

    /** The picture at the size that the model sees. */
    public RgbImage resize(RgbImage picture) {
        return resampling.resize(picture, size, size);
    }

    /** A picture of any size as {@code [3, size, size]}. */
    public float[] pixels(RgbImage picture) {
        byte[] rgb = resize(picture).rgb();
        int plane = size * size;
        float[] pixels = new float[3 * plane];
        for (int c = 0; c < 3; c++) {
            float[] values = normalised[c];
            for (int i = 0; i < plane; i++) {
                pixels[c * plane + i] = values[rgb[3 * i + c] & 0xff];
            }
        }
        return pixels;
    }
}
