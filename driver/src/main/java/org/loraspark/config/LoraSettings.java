package org.loraspark.config;

import java.io.Serializable;

/**
 * What is trained; the keys of {@code lora} in {@code defaults.conf}.
 *
 * @param alpha as the user wrote it, before rsLoRA's factor
 */
public record LoraSettings(int rank, double alpha, double dropout, boolean textEncoder, boolean rslora)
        implements Serializable {}
