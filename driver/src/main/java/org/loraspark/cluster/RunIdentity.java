package org.loraspark.cluster;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.loraspark.config.EffectiveConfig;
import org.loraspark.config.TrainConfig;

/**
 * What makes two runs the same run: the config's keys on which the result depends, the base model's content and the
 * data's. Where things lie, how they are shown and how long the run is may differ.
 *
 * @param settings the config's keys that count, as written in the effective config
 * @param baseHash content of the base model
 * @param dataHash content of pictures and captions
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record RunIdentity(Map<String, String> settings, String baseHash, String dataHash) {
    private static final List<String> FREE = List.of(
            "model.base",
            "data.dir",
            "data.captions",
            "data.validation-dir",
            "data.skip-invalid",
            "train.epochs",
            "train.max-steps",
            "train.resume-from",
            "train.gradient-checkpointing",
            "engine",
            "work.",
            "output.",
            "preview.");

    /** Of the free keys those that still change the learning rate of a schedule that ends. */
    private static final List<String> LENGTH = List.of("train.epochs", "train.max-steps");

    static RunIdentity of(TrainConfig config, String baseHash, String dataHash) {
        return new RunIdentity(keys(config, key -> FREE.stream().noneMatch(key::startsWith)), baseHash, dataHash);
    }

    static Map<String, String> length(TrainConfig config) {
        return keys(config, LENGTH::contains);
    }

    /** What differs in {@code other}, in words: {@code cluster.workers = 2 (the checkpoint has 4)}. */
    List<String> differences(RunIdentity other) {
        List<String> differences = new ArrayList<>();
        for (Map.Entry<String, String> entry : settings.entrySet()) {
            String before = other.settings.get(entry.getKey());
            if (!entry.getValue().equals(before)) {
                differences.add(entry.getKey() + " = " + entry.getValue() + " (the checkpoint has " + before + ")");
            }
        }
        if (!baseHash.equals(other.baseHash)) {
            differences.add("the base model's content");
        }
        if (!dataHash.equals(other.dataHash)) {
            differences.add("the pictures or captions");
        }
        return differences;
    }

    private static Map<String, String> keys(TrainConfig config, java.util.function.Predicate<String> wanted) {
        Map<String, String> keys = new TreeMap<>();
        EffectiveConfig.render(config).lines().forEach(line -> {
            int equals = line.indexOf(" = ");
            if (equals > 0 && wanted.test(line.substring(0, equals))) {
                keys.put(line.substring(0, equals), line.substring(equals + 3));
            }
        });
        return keys;
    }
}
