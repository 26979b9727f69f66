package org.loraspark.cluster;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.infer.PreviewGrid;
import org.loraspark.io.RgbImage;

/**
 * Pictures of the same prompts from the same seeds.
 *
 * @param base the base model's, one for each prompt
 * @param adapted the adapter's
 */
public record PreviewPictures(List<String> prompts, List<RgbImage> base, List<RgbImage> adapted) {
    /** @param title what was trained, and how far */
    RgbImage grid(String title) {
        List<PreviewGrid.Row> rows = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            rows.add(new PreviewGrid.Row(prompts.get(i), List.of(base.get(i), adapted.get(i))));
        }
        return PreviewGrid.draw(title, List.of("base model", "with the adapter"), rows);
    }
}
