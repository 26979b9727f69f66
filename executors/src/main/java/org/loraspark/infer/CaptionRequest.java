package org.loraspark.infer;

import org.loraspark.io.RgbImage;

/**
 * A picture to describe.
 *
 * @param contentHash SHA-256 of the file's bytes in hexadecimal digits; it addresses the picture's random numbers
 */
public record CaptionRequest(String contentHash, RgbImage picture) {}
