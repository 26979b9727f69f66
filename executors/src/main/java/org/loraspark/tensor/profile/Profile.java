package org.loraspark.tensor.profile;

import java.util.EnumMap;
import java.util.Map;

/**
 * Where the time of some work went.
 *
 * @param seconds of the work by the clock
 * @param kinds what the kernels of each kind did; all kinds are there
 */
public record Profile(double seconds, Map<KernelKind, Cost> kinds) {
    /**
     * What kernels did together.
     *
     * @param flops operations of products, a multiplication and an addition counting as two
     */
    public record Cost(long calls, double seconds, long flops) {}

    /** Time outside all kernels counts as {@link KernelKind#OTHER}, so that the kinds' times add up to the whole. */
    public static Profile of(double seconds, Map<KernelKind, Cost> measured) {
        Map<KernelKind, Cost> kinds = new EnumMap<>(KernelKind.class);
        for (KernelKind kind : KernelKind.values()) {
            kinds.put(kind, measured.getOrDefault(kind, new Cost(0, 0, 0)));
        }
        double known = kinds.values().stream().mapToDouble(Cost::seconds).sum();
        Cost other = kinds.get(KernelKind.OTHER);
        double rest = Math.max(0, seconds - known);
        kinds.put(KernelKind.OTHER, new Cost(other.calls(), other.seconds() + rest, other.flops()));
        return new Profile(seconds, kinds);
    }

    public long flops() {
        return kinds.values().stream().mapToLong(Cost::flops).sum();
    }

    /** Of one of so many equal parts of the work. */
    public Profile dividedBy(int parts) {
        Map<KernelKind, Cost> divided = new EnumMap<>(KernelKind.class);
        kinds.forEach((kind, cost) ->
                divided.put(kind, new Cost(cost.calls() / parts, cost.seconds() / parts, cost.flops() / parts)));
        return new Profile(seconds / parts, divided);
    }
}
