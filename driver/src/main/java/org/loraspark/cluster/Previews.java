package org.loraspark.cluster;

import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import org.loraspark.lora.LoraWeights;

/** Makes the pictures by which a person follows a run. */
@FunctionalInterface
public interface Previews {
    Previews NONE = (setup, weights, prompts, made) -> Optional.empty();

    /**
     * For each prompt the base's picture and the adapter's, always from the same seeds. Empty when there is nothing to show.
     *
     * @param setup to lease the models of a process with
     * @param made is told from time to time how much of the work is done, 0 to 1, from a thread of Spark's
     */
    Optional<PreviewPictures> pictures(
            WorkerSetup setup, LoraWeights weights, List<String> prompts, DoubleConsumer made);
}
