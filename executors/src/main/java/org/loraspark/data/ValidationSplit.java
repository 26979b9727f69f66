package org.loraspark.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.loraspark.UserError;
import org.loraspark.tensor.AddressedRandom;

/** A seeded division of the pictures into those that train and those held out; both keep the order of the data set. */
public record ValidationSplit(List<Picture> training, List<Picture> validation) {
    /** Holds out round(n share) pictures: at least one when {@code share} is positive, never all of them. */
    public static ValidationSplit of(List<Picture> pictures, double share, long seed) {
        if (!(share >= 0 && share < 1)) {
            throw new UserError("data.validation-split must be at least 0 and below 1, got " + share);
        }
        int count = pictures.size();
        if (share == 0 || count < 2) {
            return new ValidationSplit(List.copyOf(pictures), List.of());
        }
        int heldOut = (int) Math.min(count - 1, Math.max(1, Math.round(count * share)));
        boolean[] validates = new boolean[count];
        int[] order = AddressedRandom.at(seed, "", 0, "validation split").permutation(count);
        IntStream.range(0, heldOut).forEach(i -> validates[order[i]] = true);
        List<Picture> training = new ArrayList<>();
        List<Picture> validation = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            (validates[i] ? validation : training).add(pictures.get(i));
        }
        return new ValidationSplit(List.copyOf(training), List.copyOf(validation));
    }
}
