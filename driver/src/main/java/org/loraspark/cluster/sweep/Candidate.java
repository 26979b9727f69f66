package org.loraspark.cluster.sweep;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.loraspark.UserError;
import org.loraspark.config.ClusterSettings;
import org.loraspark.config.EffectiveConfig;
import org.loraspark.config.OutputSettings;
import org.loraspark.config.TrainConfig;

/**
 * A run that a sweep may make: {@code train} with this config gives the same bytes.
 *
 * @param values of the keys that vary, typed
 * @param config that writes into a folder of its own below the sweep's
 */
public record Candidate(String name, Map<String, Object> values, TrainConfig config) {
    /** Below the sweep's folder. */
    public static final String FOLDER = "runs";

    /**
     * All combinations that the request asks for, before any cut.
     *
     * @param source reads the config with values that win over its own
     * @throws UserError for the first config that is wrong
     */
    public static List<Candidate> of(SweepRequest request, Function<Map<String, String>, TrainConfig> source) {
        TrainConfig first = source.apply(Combinations.first(request.axes()));
        Map<String, Object> typed = EffectiveConfig.values(first);
        request.axes().stream().filter(Axis::isRange).forEach(axis -> {
            if (!(typed.get(axis.key()) instanceof Number)) {
                throw new UserError(
                        "--over " + axis.key() + " takes no range, because its values are no numbers; list some");
            }
        });
        List<Map<String, String>> combinations = request.random() > 0
                ? Combinations.random(
                        request.axes(), request.random(), request.seed(), key -> !(typed.get(key) instanceof Double))
                : Combinations.grid(request.axes());
        List<Candidate> candidates = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Map<String, String> combination : combinations) {
            TrainConfig config = source.apply(combination);
            Map<String, Object> all = EffectiveConfig.values(config);
            Map<String, Object> values = new LinkedHashMap<>();
            combination.keySet().forEach(key -> values.put(key, all.get(key)));
            String name = RunName.of(values, names);
            names.add(name);
            candidates.add(new Candidate(name, values, placed(config, first, name, request.varies("work.dir"))));
        }
        return candidates;
    }

    private static TrainConfig placed(TrainConfig config, TrainConfig sweep, String name, boolean ownWork) {
        OutputSettings output = config.output();
        return with(
                config,
                config.cluster(),
                ownWork ? config.workDir() : sweep.workDir(),
                new OutputSettings(
                        sweep.output().dir() + "/" + FOLDER + "/" + name,
                        output.name() + "-" + name,
                        output.saveSteps(),
                        output.keepCheckpoints(),
                        output.precision(),
                        output.formats()));
    }

    public Candidate withWorkers(int workers) {
        ClusterSettings cluster = config.cluster();
        return new Candidate(
                name,
                values,
                with(
                        config,
                        new ClusterSettings(workers, cluster.syncEverySteps(), cluster.merge()),
                        config.workDir(),
                        config.output()));
    }

    private static TrainConfig with(
            TrainConfig config, ClusterSettings cluster, String workDir, OutputSettings output) {
        return new TrainConfig(
                config.model(),
                config.data(),
                config.lora(),
                config.train(),
                cluster,
                config.engine(),
                workDir,
                output,
                config.preview());
    }
}
