package org.loraspark.cluster;

import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.loraspark.train.Example;
import org.loraspark.train.LocalTrainer;
import org.loraspark.train.RoundResult;
import org.loraspark.train.TrainState;

/**
 * One worker's part of one round: a pure function of the broadcast state, the shard, the rank and the
 * hyperparameters, so that a repeated or moved task gives the same bits.
 */
record WorkerTask(RunContext context, Broadcast<TrainState> state, long toStep, LiveSteps live)
        implements Function2<Integer, Iterator<List<Example>>, Iterator<TaskOutcome<RoundResult>>> {
    @Override
    public Iterator<TaskOutcome<RoundResult>> call(Integer rank, Iterator<List<Example>> shard) {
        return List.of(TaskOutcome.of(() -> train(rank, shard.next()))).iterator();
    }

    private RoundResult train(int rank, List<Example> shard) {
        TrainState start = state.value();
        return WorkerProcess.use(context.setup(), lease -> {
            try (LocalTrainer trainer = context.trainer(lease, start.layout())) {
                return trainer.round(start, rank, shard, toStep, live);
            }
        });
    }
}
