package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.loraspark.config.TrainConfig;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;
import org.loraspark.io.Storage;
import org.loraspark.tensor.DType;
import org.loraspark.train.Example;

/** The encoded pictures and the shards of many runs: those that need the same ones get the same ones. */
final class SharedData implements AutoCloseable {
    private final SparkSession session;
    private final JavaSparkContext spark;
    private final Map<Encoding, EncodeJob.Result> encoded = new HashMap<>();
    private final Map<Cut, Part> parts = new HashMap<>();

    /** Where pictures are encoded, and how. */
    private record Encoding(EncodeSettings settings, String workDir, String base, String engine) {}

    /** How they are dealt out. */
    private record Cut(Encoding encoding, List<Picture> training, List<Picture> heldOut, int workers, long seed) {}

    /**
     * Shards of a run.
     *
     * @param heldOut null when there are none
     */
    record Part(JavaRDD<List<Example>> training, JavaRDD<List<Example>> heldOut) {
        void unpersist() {
            training.unpersist();
            if (heldOut != null) {
                heldOut.unpersist();
            }
        }
    }

    /** What a run trains on. */
    record Need(
            TrainConfig config,
            WorkerSetup setup,
            EncodeSettings encode,
            List<Picture> training,
            List<Picture> heldOut) {
        static Need of(Plan plan) {
            return new Need(plan.config(), plan.setup(), plan.encode(), plan.training(), plan.heldOut());
        }

        private Encoding encoding() {
            return new Encoding(encode, config.workDir(), setup.base(), setup.engine());
        }

        private Cut cut() {
            return new Cut(
                    encoding(),
                    training,
                    heldOut,
                    config.cluster().workers(),
                    config.train().seed());
        }

        private List<Picture> pictures() {
            List<Picture> all = new ArrayList<>(training);
            all.addAll(heldOut);
            return all;
        }
    }

    SharedData(SparkSession session) {
        this.session = session;
        this.spark = new JavaSparkContext(session.sparkContext());
    }

    /**
     * Encodes what the runs need and the cache does not have.
     *
     * @return how many pictures were encoded
     * @throws org.loraspark.UserError for broken pictures, unless they may be left out
     */
    int encode(List<Need> needs) {
        Map<Encoding, List<Need>> byEncoding =
                needs.stream().collect(Collectors.groupingBy(Need::encoding, LinkedHashMap::new, Collectors.toList()));
        int fresh = 0;
        for (Map.Entry<Encoding, List<Need>> entry : byEncoding.entrySet()) {
            Need one = entry.getValue().get(0);
            List<Picture> pictures = List.copyOf(entry.getValue().stream()
                    .flatMap(need -> need.pictures().stream())
                    .collect(Collectors.toMap(Picture::path, Function.identity(), (a, b) -> a, LinkedHashMap::new))
                    .values());
            // The VAE overflows in half precision, and its share of the work is small.
            EncodeJob.Result result =
                    new EncodeJob(spark, one.setup().withPrecision(DType.F32), one.encode(), cache(one)).run(pictures);
            Problem.check(
                    result.problems(),
                    one.config().data().dir(),
                    one.config().data().skipInvalid());
            encoded.put(entry.getKey(), result);
            fresh += result.fresh();
        }
        return fresh;
    }

    /** The plan without pictures that turned out to be broken. */
    Plan whole(Plan plan) {
        EncodeJob.Result result = encoded.get(Need.of(plan).encoding());
        return result.problems().isEmpty()
                ? plan
                : plan.keeping(picture -> result.keys().containsKey(picture.path()));
    }

    synchronized Part shards(Plan plan) {
        Need need = Need.of(plan);
        return parts.computeIfAbsent(need.cut(), cut -> {
            Map<String, String> keys = encoded.get(cut.encoding()).keys();
            Shards shards = new Shards(spark, cache(need));
            return new Part(
                    made(shards.training(cut.training(), keys, cut.workers(), cut.seed())),
                    cut.heldOut().isEmpty() ? null : made(shards.validation(cut.heldOut(), keys, cut.workers())));
        });
    }

    /** Now, since runs that start together would each make them. */
    private static JavaRDD<List<Example>> made(JavaRDD<List<Example>> shards) {
        shards.count();
        return shards;
    }

    /** Gives back the memory of shards that no run of these needs. */
    synchronized void retain(Collection<Need> needs) {
        Set<List<Object>> kept = needs.stream().map(SharedData::place).collect(Collectors.toSet());
        parts.entrySet().removeIf(entry -> {
            Cut cut = entry.getKey();
            boolean idle = !kept.contains(List.<Object>of(cut.encoding(), cut.workers(), cut.seed()));
            if (idle) {
                entry.getValue().unpersist();
            }
            return idle;
        });
    }

    /** Coarser than a cut, because broken pictures may be missing from it. */
    private static List<Object> place(Need need) {
        return List.of(
                need.encoding(),
                need.config().cluster().workers(),
                need.config().train().seed());
    }

    private LatentCache cache(Need need) {
        return new LatentCache(
                session,
                Storage.qualified(new Path(need.config().workDir()), spark.hadoopConfiguration()),
                need.encode(),
                spark.hadoopConfiguration());
    }

    @Override
    public synchronized void close() {
        parts.values().forEach(Part::unpersist);
        parts.clear();
    }
}
