package org.loraspark.train;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.loraspark.UserError;

/**
 * Factor on the learning rate at optimizer step s of T, after w steps of warm-up in which it is s/w. With p = (s - w) /
 * (T - w):
 *
 * <ul>
 *   <li>constant: 1
 *   <li>linear: 1 - p
 *   <li>cosine: (1 + cos πp) / 2
 *   <li>cosine_with_restarts: the same with (cycles · p) mod 1, and 0 once p reaches 1
 * </ul>
 *
 * Steps are counted over the whole run, whatever the number of workers, rounds and restarts.
 *
 * @param warmup steps, at least 0
 * @param total steps of the run
 * @param cycles used by cosine_with_restarts
 */
public record LrSchedule(Kind kind, long warmup, long total, int cycles) implements Serializable {
    /** The names of the config. */
    public enum Kind {
        CONSTANT,
        LINEAR,
        COSINE,
        COSINE_WITH_RESTARTS;

        /** @throws UserError for an unknown name, with the known ones */
        public static Kind named(String name) {
            // Plain "constant" with a warm-up is what others call constant_with_warmup.
            String known = name.equals("constant_with_warmup") ? "constant" : name;
            return Arrays.stream(values())
                    .filter(k -> k.configName().equals(known))
                    .findFirst()
                    .orElseThrow(() -> new UserError("unknown learning-rate schedule '" + name + "'; known: "
                            + Arrays.stream(values()).map(Kind::configName).collect(Collectors.joining(", "))));
        }

        public String configName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** The factor at step {@code s}, counted from 0. */
    public double factor(long s) {
        if (s < warmup) {
            return (double) s / warmup;
        }
        double p = (double) (s - warmup) / Math.max(1, total - warmup);
        return switch (kind) {
            case CONSTANT -> 1;
            case LINEAR -> Math.max(0, 1 - p);
            case COSINE -> 0.5 * (1 + StrictMath.cos(StrictMath.PI * Math.min(1, p)));
            case COSINE_WITH_RESTARTS -> p >= 1 ? 0 : 0.5 * (1 + StrictMath.cos(StrictMath.PI * (cycles * p % 1)));
        };
    }
}
