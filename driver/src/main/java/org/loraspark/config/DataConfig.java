package org.loraspark.config;

import java.io.Serializable;

/**
 * Pictures and captions; the keys of {@code data} in {@code defaults.conf}. Texts that are not set are empty.
 *
 * @param latentSample {@code sample} or {@code mean}
 */
public record DataConfig(
        String dir,
        String captions,
        Resolution resolution,
        int repeats,
        double validationSplit,
        String validationDir,
        boolean flip,
        boolean shuffleCaptions,
        int keepTokens,
        double captionDropout,
        String captionPrefix,
        String captionSuffix,
        boolean skipInvalid,
        String latentSample)
        implements Serializable {}
