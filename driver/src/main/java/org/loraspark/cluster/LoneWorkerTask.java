package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.FlatMapFunction2;
import org.apache.spark.broadcast.Broadcast;
import org.loraspark.train.Averaging;
import org.loraspark.train.Example;
import org.loraspark.train.LocalTrainer;
import org.loraspark.train.RoundResult;
import org.loraspark.train.TrainState;
import org.loraspark.train.TrainingDivergedException;
import org.loraspark.train.Validation;

/**
 * The rounds of a run's only worker. With nobody to average with, short rounds follow each other in one task, each with
 * its validation: a job for each would take longer than the training. How many depends on the clock, what comes out of
 * each does not.
 */
record LoneWorkerTask(RunContext context, Broadcast<TrainState> state, long toStep, LiveSteps live)
        implements FlatMapFunction<Iterator<List<Example>>, TaskOutcome<LoneRounds>>,
                FlatMapFunction2<Iterator<List<Example>>, Iterator<List<Example>>, TaskOutcome<LoneRounds>> {
    /** No round begins later: what is not brought home is lost with the process, and people look at the curves. */
    private static final long NANOS = TimeUnit.SECONDS.toNanos(10);

    @Override
    public Iterator<TaskOutcome<LoneRounds>> call(Iterator<List<Example>> shard) {
        return call(shard, Collections.emptyIterator());
    }

    @Override
    public Iterator<TaskOutcome<LoneRounds>> call(Iterator<List<Example>> shard, Iterator<List<Example>> heldOut) {
        return List.of(TaskOutcome.of(() -> {
                    TrainState start = state.value();
                    List<Example> training = shard.next();
                    List<Example> validation = heldOut.hasNext() ? heldOut.next() : List.of();
                    return WorkerProcess.use(context.setup(), lease -> train(lease, start, training, validation));
                }))
                .iterator();
    }

    private LoneRounds train(WorkerProcess.Lease lease, TrainState start, List<Example> shard, List<Example> heldOut) {
        long started = System.nanoTime();
        ArrayList<RoundSummary> rounds = new ArrayList<>();
        TrainState at = start;
        try (LocalTrainer trainer = context.trainer(lease, at.layout())) {
            Validation validation = trainer.validation(context.fixedCaptions(lease));
            while (at.step() < toStep && (rounds.isEmpty() || System.nanoTime() - started < NANOS)) {
                long end = context.hyperparameters().plan().endOfRound(at.step());
                RoundResult result = trainer.round(at, 0, shard, end, live);
                TrainState next = Averaging.merge(at, List.of(result), end);
                rounds.add(summary(result, next, validation, heldOut));
                at = next;
            }
        } catch (TrainingDivergedException | OutOfMemoryError e) {
            // The rounds before count; the next task meets the same failure in its first one, and tells it.
            if (rounds.isEmpty()) {
                throw e;
            }
        }
        return new LoneRounds(rounds, at);
    }

    private static RoundSummary summary(
            RoundResult result, TrainState after, Validation validation, List<Example> heldOut) {
        long started = System.nanoTime();
        Double loss = heldOut.isEmpty() ? null : Validation.mean(validation.losses(after.weights(), heldOut));
        return new RoundSummary(
                after.step(),
                result.samples(),
                result.lossSum(),
                result.gradientNorm(),
                result.seconds(),
                result.memoryBytes(),
                loss,
                loss == null ? 0 : (System.nanoTime() - started) / 1e9);
    }
}
