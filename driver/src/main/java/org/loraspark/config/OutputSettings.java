package org.loraspark.config;

import java.io.Serializable;
import java.util.List;
import org.loraspark.tensor.DType;

/**
 * What is written; the keys of {@code output} in {@code defaults.conf}.
 *
 * @param saveSteps optimizer steps between checkpoints, 0 for none
 * @param formats of {@code kohya} and {@code peft}, at least one
 */
public record OutputSettings(
        String dir, String name, int saveSteps, int keepCheckpoints, DType precision, List<String> formats)
        implements Serializable {
    public OutputSettings {
        formats = List.copyOf(formats);
    }
}
