package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleConsumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.loraspark.config.PreviewSettings;
import org.loraspark.io.RgbImage;
import org.loraspark.lora.LoraWeights;

/**
 * Makes the previews on the cluster: one task for each picture. Prompt i always starts from seed + i, so the previews of
 * two rounds or two runs differ by the adapter alone; the base's pictures are made once, for all runs that share this.
 */
final class PreviewJob implements Previews {
    private final JavaSparkContext spark;
    private final PreviewSettings settings;
    private final int clipSkip;
    private final Map<PreviewTask.Order, RgbImage> basePictures = new ConcurrentHashMap<>();

    PreviewJob(JavaSparkContext spark, PreviewSettings settings, int clipSkip) {
        this.spark = spark;
        this.settings = settings;
        this.clipSkip = clipSkip;
    }

    @Override
    public Optional<PreviewPictures> pictures(
            WorkerSetup setup, LoraWeights weights, List<String> prompts, DoubleConsumer made) {
        if (prompts.isEmpty()) {
            return Optional.empty();
        }
        List<PreviewTask.Order> orders = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            PreviewTask.Order base = new PreviewTask.Order(i, prompts.get(i), false);
            if (!basePictures.containsKey(base)) {
                orders.add(base);
            }
            orders.add(new PreviewTask.Order(i, prompts.get(i), true));
        }
        Map<PreviewTask.Order, RgbImage> adapted = new HashMap<>();
        Broadcast<LoraWeights> broadcast = spark.broadcast(weights);
        LongAccumulator steps = spark.sc().longAccumulator("lora-spark.preview-steps");
        double all = (double) orders.size() * settings.steps();
        try (LiveCounts live =
                LiveCounts.of(spark, counts -> made.accept(Math.min(1, counts.sum(steps) / all)), steps)) {
            List<RgbImage> pictures = spark.parallelize(orders, orders.size())
                    .map(new PreviewTask(setup, broadcast, settings, clipSkip, steps))
                    .collect();
            for (int i = 0; i < orders.size(); i++) {
                (orders.get(i).adapter() ? adapted : basePictures).put(orders.get(i), pictures.get(i));
            }
        } finally {
            broadcast.destroy();
        }
        List<RgbImage> base = new ArrayList<>();
        List<RgbImage> withAdapter = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            base.add(basePictures.get(new PreviewTask.Order(i, prompts.get(i), false)));
            withAdapter.add(adapted.get(new PreviewTask.Order(i, prompts.get(i), true)));
        }
        return Optional.of(new PreviewPictures(prompts, base, withAdapter));
    }
}
