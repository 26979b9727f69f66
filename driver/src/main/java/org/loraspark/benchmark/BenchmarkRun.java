package org.loraspark.benchmark;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.io.AtomicFiles;

/**
 * The whole benchmark.
 *
 * @param machine one line about it
 * @param base folder of the base model; made, full-size and random, when a case needs it and it is not there
 * @param captioner folder of the captioner, likewise
 * @param engine name in the config
 * @param threads of either side
 * @param json where the figures go, for programs
 */
public record BenchmarkRun(
        String machine,
        List<BenchmarkCase> cases,
        Path base,
        Path captioner,
        String engine,
        Peer peer,
        int threads,
        int steps,
        Optional<Path> json) {
    /** @return whether every case has its figures */
    public boolean run(PrintWriter out, PrintWriter err) throws IOException {
        Configuration conf = new Configuration();
        if (cases.stream().anyMatch(c -> !c.kind().isCaptioner())) {
            RandomCheckpoint.writeOnce(new org.apache.hadoop.fs.Path(base.toUri()), conf);
        }
        if (cases.stream().anyMatch(c -> c.kind().isCaptioner())) {
            RandomCaptioner.writeOnce(new org.apache.hadoop.fs.Path(captioner.toUri()), conf);
        }
        WorkerCommand worker = new WorkerCommand(
                base.toAbsolutePath().toString(), captioner.toAbsolutePath().toString(), engine, threads);
        Report report = new Report(machine, new Benchmark(worker, peer, steps, err).run(cases));
        out.print(report.text());
        out.flush();
        if (json.isPresent()) {
            AtomicFiles.write(
                    new org.apache.hadoop.fs.Path(json.get().toAbsolutePath().toUri()), conf, report.json());
        }
        return report.isComplete();
    }
}
