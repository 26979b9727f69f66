package org.loraspark.data;

import java.text.Normalizer;
import java.util.Locale;
import java.util.Set;

/** Names of picture files, and which files are pictures. */
final class PictureName {
    private static final Set<String> READ = Set.of("png", "jpg", "jpeg", "webp", "bmp");
    private static final Set<String> NOT_READ = Set.of("gif", "tif", "tiff", "heic", "heif", "avif", "jxl");

    private PictureName() {}

    static boolean isPicture(String name) {
        return READ.contains(extension(name));
    }

    /** A picture to the user, in a format that is not decoded. */
    static boolean isForeignPicture(String name) {
        return NOT_READ.contains(extension(name));
    }

    /** The one spelling under which a caption file's name and a listed file's name meet. */
    static String normalise(String name) {
        String slashes = name.replace('\\', '/');
        String relative = slashes.startsWith("./") ? slashes.substring(2) : slashes;
        return Normalizer.normalize(relative, Normalizer.Form.NFC);
    }

    static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static String extension(String name) {
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
