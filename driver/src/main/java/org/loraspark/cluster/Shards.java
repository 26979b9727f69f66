package org.loraspark.cluster;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.loraspark.data.LatentMoments;
import org.loraspark.data.Picture;
import org.loraspark.data.ShardSampler;
import org.loraspark.train.Example;
import scala.Tuple2;

/**
 * The examples of each worker, one partition a rank, held in memory and made again from the cache of latents when an
 * executor is lost. Which example belongs to which rank depends on names, seed and the number of workers alone.
 */
final class Shards {
    private final JavaSparkContext spark;
    private final LatentCache cache;

    /** A visit and where it goes. */
    private record Place(int rank, String key, String name, int repeat, String caption) implements Serializable {}

    Shards(JavaSparkContext spark, LatentCache cache) {
        this.spark = spark;
        this.cache = cache;
    }

    /** The visits of each rank as the sampler deals them out. */
    JavaRDD<List<Example>> training(List<Picture> pictures, Map<String, String> keys, int workers, long seed) {
        ShardSampler sampler = new ShardSampler(seed, pictures, workers);
        List<Place> places = new ArrayList<>();
        for (int rank = 0; rank < workers; rank++) {
            for (ShardSampler.Visit visit : sampler.visits(rank, 0)) {
                Picture picture = pictures.get(visit.picture());
                places.add(new Place(
                        rank,
                        keys.get(picture.path()),
                        picture.name(),
                        Math.toIntExact(visit.visit()),
                        picture.caption()));
            }
        }
        return examples(places, workers);
    }

    /** Held-out pictures, each once, dealt out by name. */
    JavaRDD<List<Example>> validation(List<Picture> pictures, Map<String, String> keys, int workers) {
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            Picture picture = pictures.get(i);
            places.add(new Place(i % workers, keys.get(picture.path()), picture.name(), 0, picture.caption()));
        }
        return examples(places, workers);
    }

    private JavaRDD<List<Example>> examples(List<Place> places, int workers) {
        Map<String, List<Place>> byKey = new HashMap<>();
        for (Place place : places) {
            byKey.computeIfAbsent(place.key(), key -> new ArrayList<>()).add(place);
        }
        Broadcast<Map<String, List<Place>>> wanted = spark.broadcast(byKey);
        return cache.read(new HashSet<>(byKey.keySet()))
                .flatMapToPair(entry -> placed(entry, wanted.value().get(entry.key())))
                .partitionBy(new ByNumber(workers))
                .values()
                .mapPartitions(Shards::sorted)
                .persist(StorageLevel.MEMORY_AND_DISK());
    }

    private static Iterator<Tuple2<Integer, Example>> placed(LatentCache.Entry entry, List<Place> places) {
        LatentMoments moments = entry.moments();
        LatentMoments flipped = entry.flipped();
        float[] none = new float[0];
        return places.stream()
                .map(place -> new Tuple2<>(
                        place.rank(),
                        new Example(
                                place.name(),
                                place.repeat(),
                                place.caption(),
                                moments.height(),
                                moments.width(),
                                moments.mean(),
                                moments.logvar(),
                                flipped == null ? none : flipped.mean(),
                                flipped == null ? none : flipped.logvar())))
                .iterator();
    }

    private static Iterator<List<Example>> sorted(Iterator<Example> examples) {
        List<Example> shard = new ArrayList<>();
        examples.forEachRemaining(shard::add);
        shard.sort(Comparator.comparing(Example::name).thenComparingInt(Example::repeat));
        return List.of(shard).iterator();
    }
}
