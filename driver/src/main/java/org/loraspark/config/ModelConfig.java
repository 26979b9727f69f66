package org.loraspark.config;

import java.io.Serializable;

/** The base model; the keys of {@code model} in {@code defaults.conf}. */
public record ModelConfig(String base, int clipSkip) implements Serializable {}
