package org.loraspark.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one case gave.
 *
 * @param ours seconds of each of our steps
 * @param peer seconds of each of the other's, step by step after ours; empty without another
 * @param peerAlone seconds of the other for one picture on its own, step by step; empty unless steps have several
 * @param oursPeak bytes
 * @param peerPeak bytes, 0 without another
 * @param worker what our process said of itself: engine, precision, threads
 * @param profile where the time of one of our steps goes; missing when it was not asked for
 * @param problem why there are no figures; empty when there are
 */
record Measurement(
        BenchmarkCase benchmarkCase,
        List<Double> ours,
        List<Double> peer,
        List<Double> peerAlone,
        long oursPeak,
        long peerPeak,
        JsonNode worker,
        JsonNode profile,
        String problem) {
    boolean isComplete() {
        return problem.isEmpty();
    }

    boolean hasPeer() {
        return !peer.isEmpty();
    }

    /** Of a step, or of a picture where several share one. */
    double oursSeconds() {
        return median(ours) / benchmarkCase.pictures();
    }

    double peerSeconds() {
        return median(peer) / benchmarkCase.pictures();
    }

    boolean hasPeerAlone() {
        return !peerAlone.isEmpty();
    }

    /** Of the other for a picture on its own. */
    double peerAloneSeconds() {
        return median(peerAlone);
    }

    /** How many times faster ours is, of the medians. */
    double ratio() {
        return peerSeconds() / oursSeconds();
    }

    /** The same for each pair of steps that followed one another. */
    List<Double> ratios() {
        return IntStream.range(0, peer.size())
                .mapToObj(i -> peer.get(i) / ours.get(i))
                .toList();
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }
}
