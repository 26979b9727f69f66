package org.loraspark.cluster;

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
import org.loraspark.data.Picture;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.train.Example;
import scala.Tuple2;

/**
 * The examples of each worker, one partition a rank, held in memory and made again from the cache of latents when an
 * executor is lost. Which example belongs to which rank depends on names, seed and the number of workers alone.
 */
final class Shards {
    private final JavaSparkContext spark;
    private final LatentCache cache;
    private final EncodeSettings settings;

    /** A visit and where it goes. */
    private record Place(int rank, String key, String name, int repeat, String caption)
            implements java.io.Serializable {}

    Shards(JavaSparkContext spark, LatentCache cache, EncodeSettings settings) {
        this.spark = spark;
        this.cache = cache;
        this.settings = settings;
    }

    /** Training visits, dealt out in an order drawn from the seed, so that shards differ by one visit at most. */
    JavaRDD<List<Example>> training(List<Picture> pictures, Map<String, String> keys, int workers, long seed) {
        List<Place> visits = new ArrayList<>();
        for (Picture picture : pictures) {
            for (int repeat = 0; repeat < picture.repeats(); repeat++) {
                visits.add(new Place(0, keys.get(picture.path()), picture.name(), repeat, picture.caption()));
            }
        }
        int[] order = AddressedRandom.at(seed, "", 0, "shards").permutation(visits.size());
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < order.length; i++) {
            Place visit = visits.get(order[i]);
            places.add(new Place(i % workers, visit.key(), visit.name(), visit.repeat(), visit.caption()));
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
        int height = settings.height() / 8;
        int width = settings.width() / 8;
        return cache.read(new HashSet<>(byKey.keySet()))
                .flatMapToPair(entry -> placed(entry, wanted.value().get(entry.key()), height, width))
                .partitionBy(new ByNumber(workers))
                .values()
                .mapPartitions(Shards::sorted)
                .persist(StorageLevel.MEMORY_AND_DISK());
    }

    private static Iterator<Tuple2<Integer, Example>> placed(
            LatentCache.Entry entry, List<Place> places, int height, int width) {
        float[] none = new float[0];
        return places.stream()
                .map(place -> new Tuple2<>(
                        place.rank(),
                        new Example(
                                place.name(),
                                place.repeat(),
                                place.caption(),
                                height,
                                width,
                                entry.mean(),
                                entry.logvar(),
                                entry.flippedMean() == null ? none : entry.flippedMean(),
                                entry.flippedLogvar() == null ? none : entry.flippedLogvar())))
                .iterator();
    }

    private static Iterator<List<Example>> sorted(Iterator<Example> examples) {
        List<Example> shard = new ArrayList<>();
        examples.forEachRemaining(shard::add);
        shard.sort(Comparator.comparing(Example::name).thenComparingInt(Example::repeat));
        return List.of(shard).iterator();
    }
}
