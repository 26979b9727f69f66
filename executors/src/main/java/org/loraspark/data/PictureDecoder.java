package org.loraspark.data;

import java.util.Optional;
import org.loraspark.UserError;
import org.loraspark.io.BrokenImageException;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;

/**
 * From a picture file's bytes to what the VAE sees: upright, scaled to cover {@code width} x {@code height}, cropped at
 * the centre, {@code x / 127.5 - 1}.
 */
public record PictureDecoder(int width, int height) {
    /** Names what is done to a picture's geometry; part of the cache key, so a change of it changes the key. */
    static final String CROP = "cover-centre";

    public PictureDecoder {
        if (width < 8 || height < 8 || width % 8 != 0 || height % 8 != 0) {
            throw new UserError("data.resolution must be multiples of 8 pixels, got " + width + "x" + height);
        }
    }

    /** Why the picture cannot be used, if so. */
    public static Optional<Problem> problem(Picture picture, byte[] file) {
        try {
            Images.decode(file, picture.name());
            return Optional.empty();
        } catch (BrokenImageException e) {
            return Optional.of(new Problem(picture.path(), "cannot be used: " + e.reason()));
        }
    }

    /** The picture at training size; {@code name} is for the message of a refusal. */
    public RgbImage decode(byte[] file, String name) {
        return Images.resizeAndCrop(Images.decode(file, name), width, height);
    }

    /** {@code [height, width, 3]} in [-1, 1]; mirror the picture with {@link RgbImage#flip}. */
    public static float[] pixels(RgbImage image) {
        byte[] rgb = image.rgb();
        float[] pixels = new float[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            pixels[i] = (rgb[i] & 0xff) / 127.5f - 1;
        }
        return pixels;
    }
}
