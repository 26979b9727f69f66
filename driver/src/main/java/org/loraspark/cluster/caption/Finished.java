package org.loraspark.cluster.caption;

import java.io.Serializable;

/**
 * What became of a picture.
 *
 * @param name relative to the input folder
 * @param length of the file in bytes, with the next value what tells that it has not changed
 * @param modified the file's time, in milliseconds since 1970
 * @param hash SHA-256 of its bytes; empty when they could not be read
 * @param look its perceptual hash; empty where there is a problem
 * @param caption the model's words, without anything around them; empty when it has none
 * @param problem why it has no caption; empty when it has one
 */
record Finished(String name, long length, long modified, String hash, String look, String caption, String problem)
        implements Serializable {
    boolean isRejected() {
        return !problem.isEmpty();
    }

    Finished withCaption(String words) {
        return new Finished(name, length, modified, hash, look, words, problem);
    }

    String version() {
        return versionOf(name, length, modified);
    }

    /** A file as it is at one time. */
    static String versionOf(String name, long length, long modified) {
        return name + "|" + length + "|" + modified;
    }
}
