package org.loraspark.cluster.caption;

import java.util.List;
import org.loraspark.infer.BlipOptions;
import org.loraspark.infer.TaggerOptions;
import org.loraspark.tensor.DType;

/**
 * What the user asks for.
 *
 * @param input folder of pictures
 * @param output caption file; its ending names the format
 * @param models folders, one of a kind
 * @param precision wanted for activations
 * @param outputMayExist the user said what is to become of existing captions, so an output may hold some
 * @param prefix put before every new caption; may be empty
 * @param suffix put behind every new caption; may be empty
 * @param beside also write a {@code .txt} beside each picture
 * @param report HTML page to write, or empty
 */
public record CaptionOrder(
        String input,
        String output,
        List<String> models,
        BlipOptions blip,
        TaggerOptions tagger,
        String engine,
        DType precision,
        int batchSize,
        ExistingCaptions existing,
        boolean outputMayExist,
        String prefix,
        String suffix,
        boolean beside,
        String report) {
    public CaptionOrder {
        models = List.copyOf(models);
    }
}
