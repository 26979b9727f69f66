package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.loraspark.report.RoundMetrics;
import org.loraspark.train.Averaging;
import org.loraspark.train.Example;
import org.loraspark.train.Hyperparameters;
import org.loraspark.train.RoundResult;
import org.loraspark.train.StepPlan;
import org.loraspark.train.TrainState;
import org.loraspark.train.TrainingDivergedException;
import org.loraspark.train.Validation;

/**
 * Training in rounds: the state goes out, every worker trains on its shard up to the round's last step, the results come
 * back and are averaged in the order of ranks. With fewer slots than workers the shards run in waves. A worker alone does
 * several rounds at a time.
 */
final class Rounds {
    private final JavaSparkContext spark;
    private final RunContext context;
    private final Hyperparameters hyperparameters;
    private final StepPlan plan;

    /** Told of the rounds, and of the steps in between. */
    interface Listener {
        /**
         * Called from another thread, every few seconds at most.
         *
         * @param step of the run, on the average of the workers
         * @param loss mean since the last rounds were done
         */
        default void stepsDone(long round, long step, double loss, double samplesPerSecond) {}

        /** Whether {@link #roundsDone} must be called after this round, whatever follows. */
        boolean wantsState(long round, long step);

        /** @param rounds that were done since the last call; the state is that after the last of them */
        void roundsDone(TrainState state, List<RoundMetrics> rounds);
    }

    Rounds(JavaSparkContext spark, RunContext context) {
        this.spark = spark;
        this.context = context;
        this.hyperparameters = context.hyperparameters();
        this.plan = hyperparameters.plan();
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
        long until = Math.min(untilStep, plan.totalSteps());
        boolean alone = shards.getNumPartitions() == 1;
        try (SentState state = new SentState(start)) {
            while (state.value.step() < until) {
                if (alone) {
                    // The first one comes home at once: people see that it works, and how.
                    long stop = state.value == start ? plan.endOfRound(start.step()) : until;
                    roundsOfOne(state, stop, shards, heldOut, listener);
                } else {
                    round(state, shards, heldOut, listener);
                }
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
            SentState state, JavaRDD<List<Example>> shards, JavaRDD<List<Example>> heldOut, Listener listener) {
        TrainState before = state.value;
        Broadcast<TrainState> broadcast = state.broadcast();
        double broadcastSeconds = state.seconds;
        long toStep = plan.endOfRound(before.step());

        long started = System.nanoTime();
        List<RoundResult> results;
        LiveSteps live = LiveSteps.of(spark);
        try (LiveCounts counts = counts(before, shards.getNumPartitions(), live, started, listener)) {
            WorkerTask task = new WorkerTask(context, broadcast, toStep, live);
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

        double compute =
                results.stream().mapToDouble(RoundResult::seconds).max().orElseThrow();
        RoundSummary summary = new RoundSummary(
                toStep,
                merged.samples() - before.samples(),
                results.stream().mapToDouble(RoundResult::lossSum).sum(),
                results.stream()
                        .mapToDouble(RoundResult::gradientNorm)
                        .average()
                        .orElseThrow(),
                compute,
                results.stream().mapToLong(RoundResult::memoryBytes).max().orElseThrow(),
                validationLoss,
                validationSeconds);
        double wait = Math.max(0, roundSeconds - compute);
        listener.roundsDone(
                merged, List.of(metrics(summary, merged.samples(), drift, wait, broadcastSeconds, mergeSeconds)));
    }

    /** One task; what it cost beside the computing is shared out evenly over its rounds. */
    private void roundsOfOne(
            SentState state,
            long until,
            JavaRDD<List<Example>> shards,
            JavaRDD<List<Example>> heldOut,
            Listener listener) {
        TrainState before = state.value;
        Broadcast<TrainState> broadcast = state.broadcast();
        double broadcastSeconds = state.seconds;

        long started = System.nanoTime();
        LoneRounds done;
        LiveSteps live = LiveSteps.of(spark);
        try (LiveCounts counts = counts(before, 1, live, started, listener)) {
            LoneWorkerTask task =
                    new LoneWorkerTask(context, broadcast, nextStop(before.step(), until, listener), live);
            JavaRDD<TaskOutcome<LoneRounds>> job =
                    heldOut == null ? shards.mapPartitions(task) : shards.zipPartitions(heldOut, task);
            done = job.collect().get(0).get();
        }
        double elsewhere = seconds(started);
        for (RoundSummary round : done.rounds()) {
            elsewhere -= round.seconds() + round.validationSeconds();
        }

        state.become(done.end());
        int n = done.rounds().size();
        long samples = before.samples();
        List<RoundMetrics> metrics = new ArrayList<>();
        for (RoundSummary round : done.rounds()) {
            samples += round.samples();
            metrics.add(metrics(round, samples, 0, Math.max(0, elsewhere) / n, broadcastSeconds / n, 0));
        }
        listener.roundsDone(done.end(), metrics);
    }

    /** The end of the first round after which the state is wanted, or {@code until}. */
    private long nextStop(long step, long until, Listener listener) {
        long end = plan.endOfRound(step);
        while (end < until && !listener.wantsState(plan.numberOfRound(end), end)) {
            end = plan.endOfRound(end);
        }
        return end;
    }

    private RoundMetrics metrics(
            RoundSummary round,
            long samplesOfTheRun,
            double drift,
            double waitSeconds,
            double broadcastSeconds,
            double mergeSeconds) {
        double factor = hyperparameters.schedule().factor(round.step() - 1);
        return new RoundMetrics(
                plan.numberOfRound(round.step()),
                round.step(),
                (double) round.step() / plan.stepsPerEpoch(),
                samplesOfTheRun,
                round.lossSum() / round.samples(),
                round.validationLoss(),
                factor * hyperparameters.learningRate(),
                factor * hyperparameters.textEncoderLearningRate(),
                round.gradientNorm(),
                drift,
                round.samples() / (broadcastSeconds + round.seconds() + waitSeconds + mergeSeconds),
                round.seconds(),
                waitSeconds,
                broadcastSeconds,
                mergeSeconds,
                round.validationSeconds(),
                round.memoryBytes());
    }

    private LiveCounts counts(TrainState before, int workers, LiveSteps live, long started, Listener listener) {
        return LiveCounts.of(
                spark,
                counts -> {
                    long steps = (long) counts.sum(live.steps());
                    double samples = counts.sum(live.samples());
                    if (samples > 0) {
                        long step = before.step() + steps / workers;
                        listener.stepsDone(
                                plan.numberOfRound(Math.max(step, before.step() + 1)),
                                step,
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
        ValidationTask task = new ValidationTask(context, state.broadcast());
        TreeMap<String, Double> byName = new TreeMap<>();
        heldOut.mapPartitionsWithIndex(task, false).collect().forEach(outcome -> byName.putAll(outcome.get()));
        return Validation.mean(byName);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
