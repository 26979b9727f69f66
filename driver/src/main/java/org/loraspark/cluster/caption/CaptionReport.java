package org.loraspark.cluster.caption;

import java.util.List;

/**
 * What a job has done.
 *
 * @param captioned pictures with a new caption
 * @param kept pictures whose captions stay
 * @param rejected pictures without a caption
 * @param duplicates pictures that look like an earlier one
 * @param duplicateExamples a few of them, for the warning
 * @param seconds of this start
 * @param perSecond pictures that this start took a second
 * @param rejectedFile empty when nothing was rejected
 * @param report empty when none was asked for
 */
public record CaptionReport(
        int captioned,
        int kept,
        int rejected,
        int duplicates,
        List<String> duplicateExamples,
        double seconds,
        double perSecond,
        String output,
        String rejectedFile,
        String report) {}
