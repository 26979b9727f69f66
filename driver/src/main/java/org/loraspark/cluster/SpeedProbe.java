package org.loraspark.cluster;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.EngineProvider;
import org.loraspark.tensor.Engines;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Tensor;

/** Which engine the tasks find, and how fast it multiplies when all slots are busy, measured in half a second. */
final class SpeedProbe {
    private static final int ROWS = 512;
    private static final int WIDTH = 640;
    private static final double SECONDS = 0.5;

    private SpeedProbe() {}

    /**
     * What one task found.
     *
     * @param compute the precision that the engine really has
     * @param flopsPerSecond of matrix products
     */
    record Result(String engine, DType compute, double flopsPerSecond) implements Serializable {}

    /** The slowest of the tasks that run at one time. */
    static Result run(JavaSparkContext spark, WorkerSetup setup) {
        int slots = Slots.of(spark);
        List<Integer> tasks = IntStream.range(0, slots).boxed().toList();
        return spark.parallelize(tasks, slots).mapPartitions(ignored -> probe(setup)).collect().stream()
                .map(TaskOutcome::get)
                .min((a, b) -> Double.compare(a.flopsPerSecond(), b.flopsPerSecond()))
                .orElseThrow();
    }

    private static Iterator<TaskOutcome<Result>> probe(WorkerSetup setup) {
        return List.of(TaskOutcome.of(() -> measure(setup))).iterator();
    }

    private static Result measure(WorkerSetup setup) {
        EngineProvider provider = Engines.provider(setup.engine());
        try (Engine engine = provider.open(setup.options())) {
            LinearWeight weight = engine.linearWeight(HostTensor.of(new float[WIDTH * WIDTH], WIDTH, WIDTH));
            try (Scope scope = engine.scope()) {
                Tensor x = engine.zeros(ROWS, WIDTH);
                multiply(engine, x, weight);
                long started = System.nanoTime();
                long products = 0;
                while (System.nanoTime() - started < SECONDS * 1e9) {
                    multiply(engine, x, weight);
                    products++;
                }
                double seconds = (System.nanoTime() - started) / 1e9;
                return new Result(provider.name(), engine.compute(), 2.0 * ROWS * WIDTH * WIDTH * products / seconds);
            }
        }
    }

    /** Asks for a value, so that an asynchronous device has really finished. */
    private static void multiply(Engine engine, Tensor x, LinearWeight weight) {
        try (Scope scope = engine.scope()) {
            engine.isFinite(engine.linear(x, weight));
        }
    }
}
