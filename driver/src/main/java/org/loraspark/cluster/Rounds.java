package org.loraspark.cluster;

import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.loraspark.data.CaptionProcessor;
import org.loraspark.report.RoundMetrics;
import org.loraspark.train.Averaging;
import org.loraspark.train.Example;
import org.loraspark.train.Hyperparameters;
import org.loraspark.train.RoundResult;
import org.loraspark.train.TrainState;
import org.loraspark.train.TrainingDivergedException;

/**
 * Training in rounds: the state goes out, every worker trains on its shard up to the round's last step, the results come
 * back and are averaged in the order of ranks. With fewer slots than workers the shards run in waves.
 */
final class Rounds {
    private final JavaSparkContext spark;
    private final WorkerSetup setup;
    private final int clipSkip;
    private final CaptionProcessor captions;
    private final Hyperparameters hyperparameters;

    /** Told after each round, and of the steps in between. */
    @FunctionalInterface
    interface Listener {
        /**
         * Called from another thread, every few seconds at most.
         *
         * @param step of the run, on the average of the workers
         * @param loss mean so far in this round
         */
        default void stepsDone(long round, long step, double loss, double samplesPerSecond) {}

        /** @param results of the workers, by rank */
        void roundDone(TrainState state, RoundMetrics metrics, List<RoundResult> results);
    }

    Rounds(
            JavaSparkContext spark,
            WorkerSetup setup,
            int clipSkip,
            CaptionProcessor captions,
            Hyperparameters hyperparameters) {
        this.spark = spark;
        this.setup = setup;
        this.clipSkip = clipSkip;
        this.captions = captions;
        this.hyperparameters = hyperparameters;
    }

    /**
     * Trains to the end of the round that has a step, or of the plan.
     *
     * @param untilStep at which to stop
     * @param shards one partition a worker
     * @param heldOut pictures for the validation loss; null when there are none
     * @throws TrainingDivergedException when a worker's loss, gradient or adapter is not finite
     */
    TrainState run(
            TrainState start,
            long untilStep,
            JavaRDD<List<Example>> shards,
            JavaRDD<List<Example>> heldOut,
            Listener listener) {
        var plan = hyperparameters.plan();
        try (SentState state = new SentState(start)) {
            while (state.value.step() < Math.min(untilStep, plan.totalSteps())) {
                round(state, plan.end(plan.roundOf(state.value.step())), shards, heldOut, listener);
            }
            return state.value;
        }
    }

    /** The run's state, which goes to the cluster once, for its validation and for the next round. */
    private final class SentState implements AutoCloseable {
        private TrainState value;
        private Broadcast<TrainState> broadcast;
        /** That it took to send. */
        private double seconds;

        SentState(TrainState value) {
            this.value = value;
        }

        Broadcast<TrainState> broadcast() {
            if (broadcast == null) {
                long started = System.nanoTime();
                broadcast = spark.broadcast(value);
                seconds = seconds(started);
            }
            return broadcast;
        }

        void become(TrainState next) {
            close();
            value = next;
        }

        @Override
        public void close() {
            if (broadcast != null) {
                broadcast.destroy();
                broadcast = null;
            }
        }
    }

    private void round(
            SentState state,
            long toStep,
            JavaRDD<List<Example>> shards,
            JavaRDD<List<Example>> heldOut,
            Listener listener) {
        TrainState before = state.value;
        Broadcast<TrainState> broadcast = state.broadcast();
        double broadcastSeconds = state.seconds;

        long started = System.nanoTime();
        List<RoundResult> results;
        LiveSteps live = LiveSteps.of(spark);
        try (LiveCounts counts = counts(before, toStep, shards.getNumPartitions(), live, started, listener)) {
            WorkerTask task = new WorkerTask(setup, clipSkip, captions, hyperparameters, broadcast, toStep, live);
            results = shards.mapPartitionsWithIndex(task, false).collect().stream()
                    .map(TaskOutcome::get)
                    .sorted(Comparator.comparingInt(RoundResult::rank))
                    .toList();
        }
        double roundSeconds = seconds(started);

        started = System.nanoTime();
        TrainState merged = Averaging.merge(before, results, toStep);
        double drift = Averaging.drift(before, results, merged);
        double mergeSeconds = seconds(started);

        state.become(merged);
        Double validationLoss = null;
        double validationSeconds = 0;
        if (heldOut != null) {
            state.broadcast();
            started = System.nanoTime();
            validationLoss = validationLoss(state, heldOut);
            validationSeconds = seconds(started);
        }

        long samples = merged.samples() - before.samples();
        double compute =
                results.stream().mapToDouble(RoundResult::seconds).max().orElseThrow();
        double factor = hyperparameters.schedule().factor(toStep - 1);
        var plan = hyperparameters.plan();
        RoundMetrics metrics = new RoundMetrics(
                plan.roundOf(toStep - 1) + 1,
                toStep,
                (double) toStep / plan.stepsPerEpoch(),
                merged.samples(),
                results.stream().mapToDouble(RoundResult::lossSum).sum() / samples,
                validationLoss,
                factor * hyperparameters.learningRate(),
                factor * hyperparameters.textEncoderLearningRate(),
                results.stream()
                        .mapToDouble(RoundResult::gradientNorm)
                        .average()
                        .orElseThrow(),
                drift,
                samples / (broadcastSeconds + roundSeconds + mergeSeconds),
                compute,
                Math.max(0, roundSeconds - compute),
                broadcastSeconds,
                mergeSeconds,
                validationSeconds,
                results.stream().mapToLong(RoundResult::memoryBytes).max().orElseThrow());
        listener.roundDone(merged, metrics, results);
    }

    private LiveCounts counts(
            TrainState before, long toStep, int workers, LiveSteps live, long started, Listener listener) {
        long round = hyperparameters.plan().roundOf(toStep - 1) + 1;
        return LiveCounts.of(
                spark,
                counts -> {
                    long steps = (long) counts.sum(live.steps());
                    double samples = counts.sum(live.samples());
                    if (samples > 0) {
                        listener.stepsDone(
                                round,
                                before.step() + steps / workers,
                                counts.sum(live.loss()) / samples,
                                samples / seconds(started));
                    }
                },
                live.steps(),
                live.samples(),
                live.loss());
    }

    /** Mean over the held-out pictures, summed in the order of their names. */
    double validationLoss(TrainState state, JavaRDD<List<Example>> heldOut) {
        try (SentState sent = new SentState(state)) {
            return validationLoss(sent, heldOut);
        }
    }

    private double validationLoss(SentState state, JavaRDD<List<Example>> heldOut) {
        ValidationTask task = new ValidationTask(setup, clipSkip, captions, state.broadcast());
        TreeMap<String, Double> byName = new TreeMap<>();
        heldOut.mapPartitionsWithIndex(task, false).collect().forEach(outcome -> byName.putAll(outcome.get()));
        double sum = 0;
        for (double loss : byName.values()) {
            sum += loss;
        }
        return sum / byName.size();
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
