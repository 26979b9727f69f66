package org.loraspark.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a round was like.
 *
 * @param round from 1
 * @param step optimizer steps of the run after it
 * @param epoch passes over the data after it, with a fraction
 * @param samples pictures seen by all workers since the run began
 * @param loss mean over the round's pictures
 * @param validationLoss after the round; null when nothing is held out
 * @param learningRate of the UNet's modules in the round's last step
 * @param gradientNorm mean before clipping
 * @param drift ρ, see {@link org.loraspark.train.Averaging#drift}
 * @param computeSeconds the slowest worker's
 * @param waitSeconds the rest of the job: scheduling, waves, transfer
 * @param memoryBytes the most that a worker's process held while it trained; 0 where that is not known
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RoundMetrics(
        long round,
        long step,
        double epoch,
        long samples,
        double loss,
        Double validationLoss,
        double learningRate,
        double textEncoderLearningRate,
        double gradientNorm,
        double drift,
        double samplesPerSecond,
        double computeSeconds,
        double waitSeconds,
        double broadcastSeconds,
        double mergeSeconds,
        double validationSeconds,
        long memoryBytes) {
    /** The curves' names in TensorBoard; the first three are those of kohya's trainer. */
    public Map<String, Double> scalars() {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss/average", loss);
        scalars.put("lr/unet", learningRate);
        scalars.put("lr/textencoder", textEncoderLearningRate);
        if (validationLoss != null) {
            scalars.put("loss/validation", validationLoss);
        }
        scalars.put("gradient_norm", gradientNorm);
        scalars.put("drift", drift);
        scalars.put("samples_per_second", samplesPerSecond);
        scalars.put("time/compute", computeSeconds);
        scalars.put("time/wait", waitSeconds);
        scalars.put("time/broadcast", broadcastSeconds);
        scalars.put("time/merge", mergeSeconds);
        scalars.put("time/validation", validationSeconds);
        if (memoryBytes > 0) {
            scalars.put("memory_bytes", (double) memoryBytes);
        }
        return scalars;
    }

    /** The most in any of the rounds; empty when it is known of none. */
    public static OptionalLong memoryBytes(List<RoundMetrics> rounds) {
        return rounds.stream()
                .mapToLong(RoundMetrics::memoryBytes)
                .filter(bytes -> bytes > 0)
                .max();
    }
}
