package org.loraspark.data;

import java.io.Serializable;

/**
 * A captioned picture, not yet read.
 *
 * @param path where its bytes are, with the file system's scheme
 * @param name relative to the data folder, such as {@code 01.png} or {@code 10_cat/01.png}; its address in all randomness
 * @param repeats how often an epoch visits it
 * @param length of the file in bytes
 * @param modified the file's time, in milliseconds since 1970
 */
public record Picture(String path, String name, String caption, int repeats, long length, long modified)
        implements Serializable {}
