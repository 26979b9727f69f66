package org.loraspark.cluster.caption;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.loraspark.infer.BlipOptions;
import org.loraspark.infer.CaptionModel;
import org.loraspark.infer.TaggerOptions;
import org.loraspark.tensor.DType;

/**
 * What a model's words depend on beside the picture, and what executors need to open it.
 *
 * @param models in the order in which their words stand
 */
record CaptionSettings(
        List<CaptionModel> models,
        BlipOptions blip,
        TaggerOptions tagger,
        String engine,
        DType precision,
        int batchSize)
        implements Serializable {
    CaptionSettings {
        models = List.copyOf(models);
    }

    boolean uses(CaptionModel.Kind kind) {
        return models.stream().anyMatch(model -> model.kind() == kind);
    }

    /** A short name for all that changes the words; where a model lies and how many pictures it takes do not. */
    String fingerprint() {
        String text = String.join(
                "\n",
                "captions 1",
                models.stream().map(CaptionModel::hash).collect(Collectors.joining("+")),
                uses(CaptionModel.Kind.BLIP) ? blip + " " + precision : "",
                uses(CaptionModel.Kind.WD14) ? tagger.toString() : "");
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    String describe() {
        return models.stream()
                .map(model -> switch (model.kind()) {
                    case BLIP -> "BLIP " + model.folder() + " (" + decoding() + ", " + precision + ")";
                    case WD14 ->
                        "WD14 tagger " + model.folder() + " (thresholds " + tagger.generalThreshold() + " and "
                                + tagger.characterThreshold() + ")";
                })
                .collect(Collectors.joining(", "));
    }

    private String decoding() {
        if (blip.topP() > 0) {
            return "top-p " + blip.topP() + ", seed " + blip.seed();
        }
        return blip.beams() == 1 ? "greedy" : blip.beams() + " beams";
    }
}
