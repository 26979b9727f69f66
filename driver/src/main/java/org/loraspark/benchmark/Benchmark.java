package org.loraspark.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Measures cases one after the other. The sides of a case take strict turns, so that whatever else the machine does
 * meets both alike, and each first makes two steps that do not count.
 *
 * @param worker how our side's process is started
 * @param peer the other side
 * @param steps that count, of each side
 * @param err where it is told what happens
 */
record Benchmark(WorkerCommand worker, Peer peer, int steps, PrintWriter err) {
    private static final int WARM_UP = 2;
    private static final int STARTS = 3;
    private static final double GIB = 1L << 30;

    /** How the sides' steps are told. */
    private static final List<String> SAID = List.of(": %.3f s", ", the other %.3f s", ", a picture alone %.3f s");

    /** A case that fails is told and does not stop the others. */
    List<Measurement> run(List<BenchmarkCase> cases) {
        List<Measurement> measurements = new ArrayList<>();
        for (BenchmarkCase benchmarkCase : cases) {
            Measurement measurement;
            try {
                measurement = measure(benchmarkCase);
            } catch (StepProcess.Failed | IOException e) {
                say(benchmarkCase, "failed: " + e.getMessage());
                measurement = new Measurement(
                        benchmarkCase,
                        List.of(),
                        List.of(),
                        List.of(),
                        0,
                        0,
                        MissingNode.getInstance(),
                        MissingNode.getInstance(),
                        String.valueOf(e.getMessage()));
            }
            measurements.add(measurement);
        }
        return measurements;
    }

    private Measurement measure(BenchmarkCase benchmarkCase) throws IOException {
        return switch (benchmarkCase.kind()) {
            case START_UP -> startUp(benchmarkCase);
            case TWO_WORKERS -> twoWorkers(benchmarkCase);
            default -> besidePeer(benchmarkCase);
        };
    }

    private Measurement besidePeer(BenchmarkCase benchmarkCase) {
        try (StepProcess ours = StepProcess.start("our process", worker.command(benchmarkCase))) {
            JsonNode ready = ours.ready();
            say(benchmarkCase, "ours is ready: " + ready);
            if (!peer.exists()) {
                return alternate(benchmarkCase, List.of(ours), ours);
            }
            try (StepProcess other =
                    StepProcess.startOther("the peer", peer.command(benchmarkCase, worker.threads()))) {
                say(benchmarkCase, "peer is ready: " + other.ready());
                List<Side> sides = new ArrayList<>(List.of(ours, other));
                if (benchmarkCase.pictures() > 1) {
                    sides.add(new PictureAlone(other));
                }
                return alternate(benchmarkCase, sides, ours);
            }
        }
    }

    /** Two workers with a core each are our side, one with both cores is the other. */
    private Measurement twoWorkers(BenchmarkCase benchmarkCase) throws IOException {
        try (StepProcess one = StepProcess.start("the worker with two cores", worker.onCores(benchmarkCase, 0, 2))) {
            one.step();
            requireRoomForTwo(one.step(), one.peak());
            try (StepProcess first = StepProcess.start("the first worker", worker.onCores(benchmarkCase, 0, 1));
                    StepProcess second = StepProcess.start("the second worker", worker.onCores(benchmarkCase, 1, 1))) {
                return alternate(benchmarkCase, List.of(new WorkerPair(first, second), one), first);
            }
        }
    }

    private static void requireRoomForTwo(double seconds, long peak) throws IOException {
        double available = 0;
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemAvailable:")) {
                available = 1024.0 * Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        if (available < 2.0 * peak) {
            throw new StepProcess.Failed(String.format(
                    Locale.ROOT,
                    "two more workers of %.1f GiB do not fit into %.1f GiB of free memory; one with two cores needs"
                            + " %.2f s a picture",
                    peak / GIB,
                    available / GIB,
                    seconds));
        }
    }

    /** @param ours the process that tells of itself and of where its time goes */
    private Measurement alternate(BenchmarkCase benchmarkCase, List<Side> sides, StepProcess ours) {
        List<List<Double>> seconds = new ArrayList<>();
        sides.forEach(side -> seconds.add(new ArrayList<>()));
        for (int i = -WARM_UP; i < steps; i++) {
            StringBuilder words = new StringBuilder(i < 0 ? "warm-up" : "step " + (i + 1) + " of " + steps);
            for (int k = 0; k < sides.size(); k++) {
                double taken = sides.get(k).step();
                words.append(String.format(Locale.ROOT, SAID.get(k), taken));
                if (i >= 0) {
                    seconds.get(k).add(taken);
                }
            }
            say(benchmarkCase, words.toString());
        }
        boolean compared = sides.size() > 1;
        boolean alone = sides.size() > 2;
        return new Measurement(
                benchmarkCase,
                seconds.get(0),
                compared ? seconds.get(1) : List.of(),
                alone ? seconds.get(2) : List.of(),
                sides.get(0).peak(),
                compared ? sides.get(1).peak() : 0,
                ours.ready(),
                ours.profile(),
                "");
    }

    private Measurement startUp(BenchmarkCase benchmarkCase) throws IOException {
        warmPageCache();
        List<Double> seconds = new ArrayList<>();
        long peak = 0;
        JsonNode ready = MissingNode.getInstance();
        for (int i = 0; i < Math.min(STARTS, steps); i++) {
            long started = System.nanoTime();
            try (StepProcess ours = StepProcess.start("our process", worker.command(benchmarkCase))) {
                ready = ours.ready();
                double step = ours.step();
                double whole = (System.nanoTime() - started) / 1e9;
                seconds.add(whole);
                peak = Math.max(peak, ours.peak());
                say(benchmarkCase, String.format(Locale.ROOT, "%.2f s, the step itself %.2f s", whole, step));
            }
        }
        return new Measurement(
                benchmarkCase, seconds, List.of(), List.of(), peak, 0, ready, MissingNode.getInstance(), "");
    }

    private void warmPageCache() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(worker.base()))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
        }
    }

    private void say(BenchmarkCase benchmarkCase, String words) {
        err.println(benchmarkCase.title() + ": " + words);
        err.flush();
    }
}
