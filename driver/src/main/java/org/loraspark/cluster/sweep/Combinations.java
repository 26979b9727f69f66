package org.loraspark.cluster.sweep;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.loraspark.UserError;
import org.loraspark.tensor.AddressedRandom;

/** The values of each run of a sweep, by key in the order of the command line. */
public final class Combinations {
    private static final int DRAWS_FOR_A_NEW_ONE = 100;
    /** A grid of this size is a slip of the pen. */
    private static final int MOST = 100_000;

    private Combinations() {}

    /** A combination with which the config can be read before any is chosen. */
    public static Map<String, String> first(List<Axis> axes) {
        Map<String, String> values = new LinkedHashMap<>();
        axes.forEach(axis -> values.put(axis.key(), axis.first()));
        return values;
    }

    /** Every combination; the last key varies fastest. */
    public static List<Map<String, String>> grid(List<Axis> axes) {
        List<Map<String, String>> all = List.of(Map.of());
        for (Axis axis : axes) {
            if (axis.isRange()) {
                throw new UserError("--over " + axis.key() + "=" + axis.range().low() + ".."
                        + axis.range().high()
                        + " is a range, from which values must be drawn: add --random 20, or list the values");
            }
            List<Map<String, String>> longer = new ArrayList<>();
            for (Map<String, String> start : all) {
                for (String value : axis.values()) {
                    Map<String, String> values = new LinkedHashMap<>(start);
                    values.put(axis.key(), value);
                    longer.add(values);
                }
            }
            if (longer.size() > MOST) {
                throw new UserError("this sweep has more than " + MOST
                        + " combinations; list fewer values, or draw some of them with --random");
            }
            all = longer;
        }
        return all;
    }

    /**
     * Different combinations, drawn. Draw i of a key depends on seed, key and i alone, so more draws begin with the same
     * ones. Fewer come back when there are not as many.
     *
     * @param whole whether a key takes whole numbers only
     */
    public static List<Map<String, String>> random(List<Axis> axes, int count, long seed, Predicate<String> whole) {
        Set<Map<String, String>> drawn = new LinkedHashSet<>();
        long tries = (long) count * DRAWS_FOR_A_NEW_ONE;
        for (long i = 0; drawn.size() < count && i < tries; i++) {
            Map<String, String> values = new LinkedHashMap<>();
            for (Axis axis : axes) {
                AddressedRandom random = AddressedRandom.at(seed, axis.key(), i, "sweep");
                values.put(axis.key(), axis.draw(random, whole.test(axis.key())));
            }
            drawn.add(values);
        }
        return List.copyOf(drawn);
    }
}
