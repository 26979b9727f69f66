package org.loraspark.train;

import org.loraspark.models.sd.BaseModel;
import org.loraspark.models.sd.NoiseSchedule;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.UNet;
import org.loraspark.tensor.Engine;

/**
 * The frozen models that a LoRA is trained on, shared by all workers of a process.
 *
 * @param clipSkip 1 takes the text encoder's last layer, 2 the one before
 * @param latentScale the VAE's scaling factor
 */
public record DiffusionModel(
        UNet unet, TextEncoder textEncoder, NoiseSchedule schedule, int clipSkip, double latentScale) {
    /** Reads and packs what training needs of a base model. */
    public static DiffusionModel load(BaseModel base, Engine engine, int clipSkip) {
        return new DiffusionModel(
                base.unet(engine),
                base.textEncoder(engine),
                base.schedule(),
                clipSkip,
                base.vaeConfig().scalingFactor());
    }
}
