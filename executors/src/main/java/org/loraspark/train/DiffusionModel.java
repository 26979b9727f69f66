package org.loraspark.train;

import org.loraspark.models.sd.NoiseSchedule;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.UNet;

/**
 * The frozen models that a LoRA is trained on, shared by all workers of a process.
 *
 * @param clipSkip 1 takes the text encoder's last layer, 2 the one before
 */
public record DiffusionModel(UNet unet, TextEncoder textEncoder, NoiseSchedule schedule, int clipSkip) {}
