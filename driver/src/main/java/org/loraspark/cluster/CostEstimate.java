package org.loraspark.cluster;

import org.loraspark.config.TrainConfig;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.RankDropout;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.meta.MetaEngine;
import org.loraspark.train.DiffusionBatch;
import org.loraspark.train.DiffusionModel;
import org.loraspark.train.DiffusionStep;

/**
 * What training costs a worker, from one micro-batch run on shapes alone.
 *
 * @param flops floating-point operations of a micro-batch, forward and backward
 * @param frozenBytes packed base model
 * @param workingBytes activations, gradients and the adapter at their peak
 */
record CostEstimate(long flops, long frozenBytes, long workingBytes) {
    /** @param precision what the engine really computes in */
    static CostEstimate of(TrainConfig config, BaseModel base, LoraLayout layout, DType precision) {
        try (MetaEngine meta = new MetaEngine(precision)) {
            DiffusionModel model =
                    DiffusionModel.load(base, meta, config.model().clipSkip());
            DiffusionStep step = new DiffusionStep(
                    meta, model, new LoraAdapters(meta, layout), config.train().gradientCheckpointing());
            int batch = config.train().batchSize();
            int height = config.data().resolution().height() / 8;
            int width = config.data().resolution().width() / 8;
            int size = batch * height * width * base.vaeConfig().latentChannels();
            int[][] ids = new int[batch][base.textEncoderConfig().maxPositions()];
            step.forwardBackward(
                    new DiffusionBatch(height, width, new float[size], new float[size], new int[batch], ids),
                    1,
                    RankDropout.NONE);
            // Adapter, two moments and their copies on the Java heap.
            long optimizer = 6L * 4 * layout.size();
            return new CostEstimate(meta.flops(), meta.frozenBytes(), meta.peakBytes() + optimizer);
        }
    }

    /** Of a process in which some tasks run at a time. */
    long bytes(int tasks) {
        return frozenBytes + tasks * workingBytes;
    }
}
