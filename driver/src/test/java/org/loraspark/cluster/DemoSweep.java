package org.loraspark.cluster;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.loraspark.cluster.sweep.Axis;
import org.loraspark.cluster.sweep.Candidate;
import org.loraspark.cluster.sweep.RunResult;
import org.loraspark.cluster.sweep.SweepRequest;
import org.loraspark.config.ConfigLoader;
import org.loraspark.config.TrainConfig;

/** Sweeps of {@link DemoRun}'s short runs. */
final class DemoSweep {
    private DemoSweep() {}

    static SweepRequest over(String... over) {
        return halving(0, over);
    }

    static SweepRequest halving(int factor, String... over) {
        List<Axis> axes = List.of(over).stream().map(Axis::parse).toList();
        return new SweepRequest(axes, 0, 0, 0, 0, factor, 0);
    }

    static SweepJob job(SparkSession spark, SweepRequest request, Path folder, String name, String... overrides) {
        List<Candidate> candidates = Candidate.of(request, over -> {
            List<String> all = new ArrayList<>(List.of(overrides));
            over.forEach((key, value) -> all.add(key + "=" + value));
            return DemoRun.config(folder, name, all.toArray(String[]::new));
        });
        return new SweepJob(request, candidates, folder.resolve(name).toString(), spark).previews(Previews.NONE);
    }

    static SweepOutcome run(SparkSession spark, SweepRequest request, Path folder, String name, String... overrides) {
        try (SweepJob job = job(spark, request, folder, name, overrides)) {
            return job.run();
        }
    }

    static byte[] adapter(SweepOutcome outcome, RunResult run) {
        return DemoRun.bytes(outcome.folder() + "/" + run.adapter());
    }

    /** The same config alone, from the file that the sweep left beside the adapter, into another folder. */
    static byte[] alone(SparkSession spark, SweepOutcome outcome, RunResult run, Path folder) {
        Object name = run.config().get("output.name");
        String file = outcome.folder() + "/runs/" + run.name() + "/" + name + ".conf";
        TrainConfig config = ConfigLoader.load(file, List.of("output.dir=" + folder.resolve("alone-" + run.name())));
        return DemoRun.bytes(DemoRun.train(spark, config).adapters().get(0));
    }
}
