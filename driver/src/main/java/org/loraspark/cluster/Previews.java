package org.loraspark.cluster;

import java.util.List;
import java.util.Optional;
import org.loraspark.io.RgbImage;
import org.loraspark.lora.LoraWeights;

/** Makes the pictures by which a person follows a run. */
@FunctionalInterface
public interface Previews {
    Previews NONE = (setup, weights, title, prompts) -> Optional.empty();

    /**
     * One picture: for each prompt the base's next to the adapter's, always from the same seeds. Empty when there is nothing to show.
     *
     * @param setup to lease the models of a process with
     * @param title what was trained, and how far
     */
    Optional<RgbImage> grid(WorkerSetup setup, LoraWeights weights, String title, List<String> prompts);
}
