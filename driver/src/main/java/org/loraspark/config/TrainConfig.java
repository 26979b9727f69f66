package org.loraspark.config;

import java.io.Serializable;

/**
 * One training run, complete and checked: every default is filled in and every value lies in its range. Made by {@link
 * ConfigLoader}; keys, defaults and explanations stand in {@code defaults.conf}.
 *
 * @param engine an engine's name or {@code auto}
 * @param workDir where encoded pictures are kept between runs
 */
public record TrainConfig(
        ModelConfig model,
        DataConfig data,
        LoraSettings lora,
        TrainSettings train,
        ClusterSettings cluster,
        String engine,
        String workDir,
        OutputSettings output,
        PreviewSettings preview)
        implements Serializable {}
