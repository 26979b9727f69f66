package org.loraspark.tensor;

/**
 * How an engine is opened.
 *
 * @param compute type of activations: F32, BF16, F16, or F64 for numeric gradient checks; {@link Engine#compute()} says
 *     what the engine really uses
 * @param threads CPU threads of one kernel, at least 1
 * @param device index of the GPU, or -1 for the one that the runtime picks
 * @param compact keeps each frozen weight once, where an engine would keep it in one layout for either direction; slower,
 *     and an engine may have nothing to save
 */
public record EngineOptions(DType compute, int threads, int device, boolean compact) {
    public static EngineOptions of(DType compute, int threads) {
        return new EngineOptions(compute, threads, -1, false);
    }

    public EngineOptions withThreads(int other) {
        return new EngineOptions(compute, other, device, compact);
    }

    public EngineOptions withCompact(boolean other) {
        return new EngineOptions(compute, threads, device, other);
    }
}
