package org.loraspark.cluster;

import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.Scope;
import org.loraspark.train.Example;
import org.loraspark.train.TrainState;
import org.loraspark.train.Validation;

/** The losses of one partition's held-out pictures, by name; captions as they are written. */
record ValidationTask(RunContext context, Broadcast<TrainState> state)
        implements Function2<Integer, Iterator<List<Example>>, Iterator<TaskOutcome<TreeMap<String, Double>>>> {
    @Override
    public Iterator<TaskOutcome<TreeMap<String, Double>>> call(Integer partition, Iterator<List<Example>> shard) {
        return List.of(TaskOutcome.of(() -> losses(shard.next()))).iterator();
    }

    private TreeMap<String, Double> losses(List<Example> examples) {
        LoraWeights weights = state.value().weights();
        return WorkerProcess.use(context.setup(), lease -> losses(lease, weights, examples));
    }

    private TreeMap<String, Double> losses(WorkerProcess.Lease lease, LoraWeights weights, List<Example> examples) {
        try (Scope memory = lease.engine().scope()) {
            return new Validation(
                            lease.engine(),
                            lease.model(context.clipSkip()),
                            weights.layout(),
                            context.fixedCaptions(lease))
                    .losses(weights, examples);
        }
    }
}
