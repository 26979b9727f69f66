package org.loraspark.data;

import java.io.Serializable;
import java.util.List;

/**
 * The pictures of a data folder, sorted by name.
 *
 * @param skipped what was left out because the user allowed it, for the report
 */
public record Dataset(List<Picture> pictures, List<Problem> skipped) implements Serializable {
    public Dataset {
        pictures = List.copyOf(pictures);
        skipped = List.copyOf(skipped);
    }

    /** Visits in one epoch. */
    public long samples() {
        return pictures.stream().mapToLong(Picture::repeats).sum();
    }
}
