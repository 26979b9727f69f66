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
 * @param model folder of the base model; made, full-size and random, when it is not there
 * @param engine name in the config
 * @param threads of either side
 * @param json where the figures go, for programs
 */
public record BenchmarkRun(
        String machine,
        List<BenchmarkCase> cases,
        Path model,
        String engine,
        Peer peer,
        int threads,
        int steps,
        Optional<Path> json) {
    /** @return whether every case has its figures */
    public boolean run(PrintWriter out, PrintWriter err) throws IOException {
        Configuration conf = new Configuration();
        RandomCheckpoint.writeOnce(new org.apache.hadoop.fs.Path(model.toUri()), conf);
        WorkerCommand worker = new WorkerCommand(model.toAbsolutePath().toString(), engine, threads);
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
