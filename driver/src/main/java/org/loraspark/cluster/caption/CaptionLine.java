package org.loraspark.cluster.caption;

import java.io.Serializable;

/**
 * A row of the result.
 *
 * @param name of the picture, relative to the input folder
 */
record CaptionLine(String name, String caption) implements Serializable {}
