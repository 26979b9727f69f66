package org.loraspark.config;

import java.io.Serializable;
import java.util.List;

/**
 * Preview pictures; the keys of {@code preview} in {@code defaults.conf}.
 *
 * @param prompts empty for a few captions of the data
 * @param size the training resolution where the config says 0
 * @param sampler {@code ddim}, {@code euler_a} or {@code dpmpp_2m}
 * @param everyRounds 0 for the end only
 */
public record PreviewSettings(
        List<String> prompts,
        String negative,
        int steps,
        double guidance,
        String sampler,
        Resolution size,
        long seed,
        int everyRounds)
        implements Serializable {
    public PreviewSettings {
        prompts = List.copyOf(prompts);
    }
}
