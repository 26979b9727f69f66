package org.loraspark.report;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** {@code report.html} of a sweep, made of {@link SweepSummary} and the folders of its runs. */
public final class SweepReport {
    private SweepReport() {}

    /** @param folder the sweep's, with {@code sweep.json} */
    public static void write(Path folder, Configuration conf) {
        SweepSummary.read(folder, conf);
    }
}
