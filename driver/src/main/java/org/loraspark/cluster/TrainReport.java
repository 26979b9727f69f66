package org.loraspark.cluster;

import java.util.List;
import org.loraspark.report.RoundMetrics;
import org.loraspark.train.TrainState;

/**
 * What a finished run left behind.
 *
 * @param adapters the written files, kohya's form first
 * @param preview path of the last preview grid; empty when none was made
 * @param report path of {@code report.html}
 * @param state at the end
 * @param encoded pictures that were not in the cache
 * @param seconds from the first round to the last
 */
public record TrainReport(
        List<String> adapters,
        String preview,
        String report,
        TrainState state,
        List<RoundMetrics> rounds,
        int encoded,
        double seconds) {
    TrainReport withEncoded(int pictures) {
        return new TrainReport(adapters, preview, report, state, rounds, pictures, seconds);
    }
}
