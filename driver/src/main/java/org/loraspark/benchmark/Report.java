package org.loraspark.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.loraspark.tensor.profile.KernelKind;

/**
 * What was measured, for people and for programs.
 *
 * @param machine one line
 */
record Report(String machine, List<Measurement> measurements) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double GIB = 1L << 30;
    private static final double TERA = 1e12;

    boolean isComplete() {
        return measurements.stream().allMatch(Measurement::isComplete);
    }

    /** The table of cases, then where the time of a step goes. */
    String text() {
        StringBuilder text = new StringBuilder(machine).append('\n').append('\n');
        line(
                text,
                "%-33s %9s %9s  %-21s %10s %10s  %s",
                "case",
                "ours s",
                "peer s",
                "ratio (min..max)",
                "ours GiB",
                "peer GiB",
                "goal");
        measurements.forEach(m -> line(
                text,
                "%-33s %9s %9s  %-21s %10s %10s  %s",
                m.benchmarkCase().title(),
                m.isComplete() ? number("%.3f", m.oursSeconds()) : "-",
                m.hasPeer() ? number("%.3f", m.peerSeconds()) : "-",
                m.hasPeer() ? ratio(m) : "-",
                m.isComplete() ? number("%.2f", m.oursPeak() / GIB) : "-",
                m.hasPeer() ? number("%.2f", m.peerPeak() / GIB) : "-",
                m.isComplete() ? goal(m) : m.problem()));
        roofline(text);
        return text.toString();
    }

    private static String ratio(Measurement m) {
        List<Double> ratios = m.ratios();
        return String.format(
                Locale.ROOT, "%.2fx (%.2f..%.2f)", m.ratio(), Collections.min(ratios), Collections.max(ratios));
    }

    /** What should be reached, and whether it is. */
    private static String goal(Measurement m) {
        BenchmarkCase.Goal goal = m.benchmarkCase().goal();
        boolean missed = goal.ratio() > 0 && m.hasPeer() && m.ratio() < goal.ratio()
                || goal.peakGib() > 0 && m.oursPeak() / GIB > goal.peakGib()
                || goal.seconds() > 0 && m.oursSeconds() > goal.seconds();
        boolean open = goal.ratio() > 0 && !m.hasPeer();
        String verdict = missed ? ": missed" : open || goal.words().isEmpty() ? "" : ": reached";
        JsonNode precision = m.worker().path("precision");
        String asked = m.benchmarkCase().precision().name();
        String other = precision.asText(asked).equals(asked) ? "" : " (in " + precision.asText() + " here)";
        boolean workers = m.benchmarkCase() == BenchmarkCase.TWO_WORKERS;
        return goal.words()
                + verdict
                + other
                + (workers ? " (the peer is one worker with both cores)" : "")
                + (m.hasPeerAlone() ? alone(m) : "");
    }

    private static String alone(Measurement m) {
        return String.format(
                Locale.ROOT,
                " (the peer with one picture at a time: %.3f s, %.2fx)",
                m.peerAloneSeconds(),
                m.peerAloneSeconds() / m.oursSeconds());
    }

    private void roofline(StringBuilder text) {
        List<Measurement> profiled = measurements.stream()
                .filter(m -> m.profile().isObject() && m.benchmarkCase() != BenchmarkCase.TRAIN_BF16_COMPILED)
                .toList();
        if (profiled.isEmpty()) {
            return;
        }
        text.append('\n');
        text.append(String.format("%-33s %7s %8s", "one step of ours", "TFLOP", "TFLOP/s"));
        for (KernelKind kind : KernelKind.values()) {
            text.append(String.format(" %12s", kind.title()));
        }
        text.append('\n');
        for (Measurement m : profiled) {
            double seconds = m.profile().path("seconds").asDouble();
            double flops = m.profile().path("flops").asDouble();
            text.append(String.format(
                    Locale.ROOT,
                    "%-33s %7.2f %8.2f",
                    m.benchmarkCase().title(),
                    flops / TERA,
                    flops / (m.oursSeconds() * m.benchmarkCase().pictures()) / TERA));
            kinds(
                    text,
                    m,
                    cost -> String.format(
                            Locale.ROOT, "%.1f %%", 100 * cost.path("seconds").asDouble() / seconds));
            text.append(String.format("%-33s %7s %8s", "  its TFLOP/s", "", ""));
            kinds(
                    text,
                    m,
                    cost -> cost.path("flops").asLong() == 0
                            ? ""
                            : number(
                                    "%.2f",
                                    cost.path("flops").asDouble()
                                            / cost.path("seconds").asDouble()
                                            / TERA));
        }
    }

    @FunctionalInterface
    private interface Cell {
        String of(JsonNode cost);
    }

    private static void kinds(StringBuilder text, Measurement m, Cell cell) {
        for (KernelKind kind : KernelKind.values()) {
            text.append(String.format(" %12s", cell.of(m.profile().path("kinds").path(kind.title()))));
        }
        text.append('\n');
    }

    byte[] json() throws IOException {
        ObjectNode root = JSON.createObjectNode().put("machine", machine);
        ArrayNode cases = root.putArray("cases");
        for (Measurement m : measurements) {
            ObjectNode node = cases.addObject().put("name", m.benchmarkCase().title());
            if (m.isComplete()) {
                node.put("ours_s", m.oursSeconds());
            } else {
                node.putNull("ours_s").put("problem", m.problem());
            }
            if (m.hasPeer()) {
                node.put("peer_s", m.peerSeconds()).put("ratio", m.ratio());
                node.put("ratio_min", Collections.min(m.ratios())).put("ratio_max", Collections.max(m.ratios()));
                node.put("peer_peak_gib", m.peerPeak() / GIB);
            } else {
                node.putNull("peer_s").putNull("ratio");
            }
            if (m.hasPeerAlone()) {
                node.put("peer_alone_s", m.peerAloneSeconds());
            }
            if (m.isComplete()) {
                node.put("ours_peak_gib", m.oursPeak() / GIB);
            } else {
                node.putNull("ours_peak_gib");
            }
            node.put("goal", m.benchmarkCase().goal().words());
            m.ours().forEach(node.putArray("ours_steps_s")::add);
            m.peer().forEach(node.putArray("peer_steps_s")::add);
            if (m.worker().isObject()) {
                node.set("worker", m.worker());
            }
            if (m.profile().isObject()) {
                node.set("profile", m.profile());
            }
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private static void line(StringBuilder text, String format, Object... cells) {
        text.append(String.format(Locale.ROOT, format, cells).stripTrailing()).append('\n');
    }
}
