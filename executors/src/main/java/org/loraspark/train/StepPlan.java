package org.loraspark.train;

import java.io.Serializable;

/**
 * How a run's optimizer steps lie in its epochs. A worker's shard of n samples has ceil(n / (batch · accumulation))
 * steps an epoch; an epoch of the run is as long as the longest shard's, and a worker that is through earlier waits for
 * the next one. So every step has one number for all workers, on which learning rate and rounds depend.
 *
 * @param stepsPerEpoch steps of the longest shard
 * @param totalSteps steps of the run: epochs · stepsPerEpoch, or fewer when max-steps says so
 * @param stepsPerRound steps between two averagings
 */
public record StepPlan(long stepsPerEpoch, long totalSteps, long stepsPerRound) implements Serializable {
    /** Steps of one shard in one epoch. */
    public static long steps(long samples, int batch, int accumulation) {
        long perStep = (long) batch * accumulation;
        return (samples + perStep - 1) / perStep;
    }

    public long rounds() {
        return (totalSteps + stepsPerRound - 1) / stepsPerRound;
    }

    /** The number, from 0, of the round that a run at {@code step} is in or about to start. */
    public long roundOf(long step) {
        return step / stepsPerRound;
    }

    /** One past the last step of a round. */
    public long end(long round) {
        return Math.min(totalSteps, (round + 1) * stepsPerRound);
    }

    /** One past the last step of the round that a run at {@code step} is in or about to start. */
    public long endOfRound(long step) {
        return end(roundOf(step));
    }

    /** The number, from 1 as people count, of the round that ends at a step. */
    public long numberOfRound(long end) {
        return roundOf(end - 1) + 1;
    }

    public int epochOf(long step) {
        return Math.toIntExact(step / stepsPerEpoch);
    }
}
