package org.loraspark.cluster;

import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.loraspark.train.LocalTrainer;

/**
 * What workers count while a round runs. The counts travel with the executors' heartbeats, for people to look at; nothing
 * is computed from them.
 */
record LiveSteps(LongAccumulator steps, LongAccumulator samples, DoubleAccumulator loss)
        implements LocalTrainer.StepListener, Serializable {
    static LiveSteps of(JavaSparkContext spark) {
        return new LiveSteps(
                spark.sc().longAccumulator("lora-spark.steps"),
                spark.sc().longAccumulator("lora-spark.samples"),
                spark.sc().doubleAccumulator("lora-spark.loss"));
    }

    @Override
    public void stepDone(long step, int pictures, double lossSum) {
        steps.add(1L);
        samples.add((long) pictures);
        loss.add(lossSum);
    }
}
