package org.loraspark.data;

/**
 * How a data folder is read.
 *
 * @param captions a caption file for the whole folder, or empty to look for captions as {@link Captions} says
 * @param repeats visits in one epoch; multiplied by a kohya folder's own number
 * @param skipInvalid leave what is broken out instead of stopping
 */
public record ScanOptions(String captions, int repeats, boolean skipInvalid) {
    public static final ScanOptions DEFAULT = new ScanOptions("", 1, false);
}
