package org.loraspark.tensor;

/**
 * How an engine is opened.
 *
 * @param compute type of activations: F32, BF16, F16, or F64 for numeric gradient checks; {@link Engine#compute()} says
 *     what the engine really uses
 * @param threads CPU threads of one kernel, at least 1
 * @param device index of the GPU, or -1 for the one that the runtime picks
 */
public record EngineOptions(DType compute, int threads, int device) {
    public static EngineOptions of(DType compute, int threads) {
        return new EngineOptions(compute, threads, -1);
    }
}
