package org.loraspark.cluster;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.loraspark.config.PreviewSettings;
import org.loraspark.infer.ImageGenerator;
import org.loraspark.infer.ImageRequest;
import org.loraspark.infer.Sampler;
import org.loraspark.io.RgbImage;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.Scope;
import org.loraspark.train.DiffusionModel;

/**
 * Makes one preview picture in an executor.
 *
 * @param steps counts denoising steps, for people to look at
 */
record PreviewTask(
        WorkerSetup setup,
        Broadcast<LoraWeights> weights,
        PreviewSettings settings,
        int clipSkip,
        LongAccumulator steps)
        implements Function<PreviewTask.Order, RgbImage> {
    /**
     * @param number of the prompt, from 0
     * @param adapter with the adapter, or the base model as it is
     */
    record Order(int number, String prompt, boolean adapter) implements Serializable {}

    @Override
    public RgbImage call(Order order) {
        List<LoraWeights> adapters = order.adapter() ? List.of(weights.value()) : List.of();
        return WorkerProcess.use(setup, lease -> picture(lease, order, adapters));
    }

    private RgbImage picture(WorkerProcess.Lease lease, Order order, List<LoraWeights> adapters) {
        try (Scope scope = lease.engine().scope()) {
            DiffusionModel model = lease.model(clipSkip);
            ImageGenerator generator = new ImageGenerator(
                    lease.engine(),
                    model.unet(),
                    model.textEncoder(),
                    lease.vae(),
                    model.schedule(),
                    clipSkip,
                    text -> lease.tokenizer().encode(text).ids());
            ImageRequest request = new ImageRequest(
                    order.prompt(),
                    settings.negative(),
                    settings.steps(),
                    settings.guidance(),
                    Sampler.Kind.named(settings.sampler()),
                    settings.seed() + order.number(),
                    settings.size().width(),
                    settings.size().height());
            List<LoraAdapters> adapted = adapters.stream()
                    .map(adapter -> new LoraAdapters(lease.engine(), adapter, 1, 1))
                    .toList();
            return generator.generate(request, adapted, () -> steps.add(1L));
        }
    }
}
