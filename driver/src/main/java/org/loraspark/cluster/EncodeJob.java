package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.loraspark.UserError;
import org.loraspark.console.Progress;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;
import scala.Tuple2;

/**
 * Encodes pictures that the cache does not have, in parallel. Pictures go to tasks by bytes, in their order, and a few
 * hundred at a time: what is encoded when a run is stopped stays encoded.
 */
final class EncodeJob {
    private static final int PICTURES_AT_A_TIME = 512;
    private static final int TASKS_PER_SLOT = 2;

    private final JavaSparkContext spark;
    private final WorkerSetup setup;
    private final EncodeSettings settings;
    private final LatentCache cache;

    /**
     * @param keys of the good pictures, by path
     * @param fresh how many were not in the cache
     * @param problems of the broken ones
     */
    record Result(Map<String, String> keys, int fresh, List<Problem> problems) {}

    /** @param setup in a precision that the VAE does not overflow in */
    EncodeJob(JavaSparkContext spark, WorkerSetup setup, EncodeSettings settings, LatentCache cache) {
        this.spark = spark;
        this.setup = setup;
        this.settings = settings;
        this.cache = cache;
    }

    /** @throws UserError when a latent is not finite, naming the picture */
    Result run(List<Picture> pictures) {
        return work(pictures, false);
    }

    /** Reads and decodes what is not in the cache, and encodes nothing; {@link Result#fresh} counts what would be. */
    Result check(List<Picture> pictures) {
        return work(pictures, true);
    }

    private Result work(List<Picture> pictures, boolean decodeOnly) {
        Map<String, String> keys = new LinkedHashMap<>();
        List<Problem> problems = new ArrayList<>();
        Set<String> known = new HashSet<>(cache.keys());
        int fresh = 0;
        try (Progress progress = Progress.open(decodeOnly ? "check" : "encode", pictures.size(), 0)) {
            for (int from = 0; from < pictures.size(); from += PICTURES_AT_A_TIME) {
                int to = Math.min(pictures.size(), from + PICTURES_AT_A_TIME);
                for (PictureEncoder.Outcome outcome : work(pictures.subList(from, to), known, decodeOnly)) {
                    if (outcome.fatal()) {
                        throw new UserError(outcome.problem() + "; the base model's VAE may be damaged");
                    } else if (outcome.problem() != null) {
                        problems.add(outcome.problem());
                    } else {
                        keys.put(outcome.picture().path(), outcome.key());
                        fresh += known.add(outcome.key()) ? 1 : 0;
                    }
                }
                progress.update(to, fresh + " new");
            }
        }
        return new Result(keys, fresh, problems);
    }

    private List<PictureEncoder.Outcome> work(List<Picture> pictures, Set<String> known, boolean decodeOnly) {
        List<Tuple2<Integer, Picture>> placed = placed(pictures);
        int tasks = placed.get(placed.size() - 1)._1() + 1;
        Broadcast<Set<String>> knownKeys = spark.broadcast(new HashSet<>(known));
        WorkerSetup worker = setup;
        EncodeSettings wanted = settings;
        JavaRDD<PictureEncoder.Outcome> outcomes = JavaPairRDD.fromJavaRDD(spark.parallelize(placed, 1))
                .partitionBy(new ByNumber(tasks))
                .values()
                .map(picture -> new PictureEncoder(worker, wanted, knownKeys.value(), decodeOnly).encode(picture))
                .persist(StorageLevel.MEMORY_AND_DISK());
        try {
            List<PictureEncoder.Outcome> summaries =
                    outcomes.map(PictureEncoder.Outcome::summary).collect();
            boolean anyNew = summaries.stream().anyMatch(o -> o.problem() == null && !known.contains(o.key()));
            if (anyNew && !decodeOnly) {
                cache.append(outcomes.filter(outcome -> outcome.entry() != null).map(PictureEncoder.Outcome::entry));
            }
            return summaries;
        } finally {
            outcomes.unpersist();
            knownKeys.destroy();
        }
    }

    /** Pictures with their task's number: consecutive ones, about as many bytes for each task. */
    private List<Tuple2<Integer, Picture>> placed(List<Picture> pictures) {
        long bytes = pictures.stream().mapToLong(p -> Math.max(1, p.length())).sum();
        int tasks = Math.min(pictures.size(), TASKS_PER_SLOT * Slots.of(spark));
        List<Tuple2<Integer, Picture>> placed = new ArrayList<>();
        long before = 0;
        for (Picture picture : pictures) {
            placed.add(new Tuple2<>((int) (before * tasks / bytes), picture));
            before += Math.max(1, picture.length());
        }
        return placed;
    }
}
