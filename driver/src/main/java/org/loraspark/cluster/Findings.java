package org.loraspark.cluster;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.loraspark.config.DataConfig;
import org.loraspark.config.TrainConfig;
import org.loraspark.data.CaptionProcessor;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.data.Dataset;
import org.loraspark.data.DatasetScanner;
import org.loraspark.data.Picture;
import org.loraspark.data.ScanOptions;
import org.loraspark.lora.LoraLayout;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.DType;

/**
 * What planning looks up and measures, each once: the runs of a sweep differ in little. The speed is measured for the
 * first run of each engine, and that of the others follows from their arithmetic.
 */
final class Findings implements AutoCloseable {
    private final JavaSparkContext spark;
    private final Configuration conf;
    private final int runsAtOnce;
    private final Map<String, BaseModel> bases = new HashMap<>();
    private final Map<List<?>, Object> known = new HashMap<>();

    private record Speed(SpeedProbe.Result result, long flops) {}

    /** @param runsAtOnce that will share the cluster, and so must share it while the speed is measured */
    Findings(JavaSparkContext spark, int runsAtOnce) {
        this.spark = spark;
        this.conf = spark.hadoopConfiguration();
        this.runsAtOnce = runsAtOnce;
    }

    /** Open until this is closed. */
    synchronized BaseModel base(String path) {
        return bases.computeIfAbsent(path, p -> BaseModel.open(new Path(p), conf));
    }

    Dataset pictures(String folder, ScanOptions options) {
        return once(List.of("pictures", folder, options), () -> DatasetScanner.scan(new Path(folder), conf, options));
    }

    /** Names of the pictures whose captions are longer than the model reads. */
    List<String> longCaptions(BaseModel base, DataConfig data, List<Picture> pictures) {
        return once(List.of("captions", base.path(), data.captionPrefix(), data.captionSuffix(), pictures), () -> {
            var captions = new CaptionProcessor(data.captionPrefix(), data.captionSuffix(), 0, false, 0, 0);
            try (ClipTokenizer tokenizer = base.tokenizerFolder()
                    .map(folder -> ClipTokenizer.read(folder, conf))
                    .orElseGet(ClipTokenizer::vitL14)) {
                return pictures.stream()
                        .filter(picture -> tokenizer
                                .encode(captions.fixed(picture.caption()))
                                .truncated())
                        .map(Picture::name)
                        .toList();
            }
        });
    }

    SpeedProbe.Result speed(TrainConfig config, BaseModel base, WorkerSetup setup, LoraLayout layout) {
        List<?> place = List.of("speed", setup.baseHash(), setup.engine(), setup.precision(), setup.compact());
        Speed first = once(place, () -> {
            int tasks = Math.min(Slots.of(spark), config.cluster().workers() * runsAtOnce);
            SpeedProbe.Result measured = SpeedProbe.of(config, setup, layout).run(spark, tasks);
            return new Speed(
                    measured, cost(config, base, layout, measured.compute()).flops());
        });
        long flops = cost(config, base, layout, first.result().compute()).flops();
        return new SpeedProbe.Result(
                first.result().engine(),
                first.result().compute(),
                first.result().secondsPerBatch() * flops / first.flops());
    }

    CostEstimate cost(TrainConfig config, BaseModel base, LoraLayout layout, DType precision) {
        List<?> place = List.of(
                "cost",
                base.path(),
                config.lora().rank(),
                config.lora().textEncoder(),
                config.model().clipSkip(),
                config.train().batchSize(),
                config.train().gradientCheckpointing(),
                config.data().resolution(),
                precision);
        return once(place, () -> CostEstimate.of(config, base, layout, precision));
    }

    /** Whether a folder takes what a run will write; see {@link OutputFolder}. */
    void requireWritable(String key, Path path, long bytesNeeded) {
        once(List.of("writable", key, path), () -> {
            OutputFolder.requireWritable(key, path, conf, bytesNeeded);
            return true;
        });
    }

    @SuppressWarnings("unchecked")
    private synchronized <T> T once(List<?> place, Supplier<T> look) {
        Object found = known.get(place);
        if (found == null) {
            found = look.get();
            known.put(place, found);
        }
        return (T) found;
    }

    @Override
    public synchronized void close() {
        bases.values().forEach(BaseModel::close);
        bases.clear();
    }
}
