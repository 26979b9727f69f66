package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraModule.Kind;
import org.loraspark.lora.RankDropout;
import org.loraspark.models.sd.LoraTargets;
import org.loraspark.models.sd.NoiseSchedule;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.TextEncoderConfig;
import org.loraspark.models.sd.UNet;
import org.loraspark.models.sd.UNetConfig;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Weights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.meta.MetaEngine;

/** What a training step of Stable Diffusion 1.5 at 512 x 512 keeps in bf16, rank 8 on all modules of the UNet. */
class StepMemoryTest {
    private static final Weights PLACEHOLDERS = (name, shape) -> MetaEngine.placeholder(shape);

    @Test
    void onlyWhatTheWayBackReadsIsKept() {
        long unet = peak(false, false);
        assertThat(unet >> 20).isBetween(500L, 640L);
        // Twelve layers of 77 tokens more.
        assertThat(peak(true, false) - unet).isBetween(1L << 20, 25L << 20);
    }

    @Test
    void checkpointingKeepsTheBordersOfItsBlocksAlone() {
        assertThat(peak(false, true) >> 20).isLessThan(140);
    }

    private static long peak(boolean textEncoder, boolean checkpointing) {
        try (MetaEngine engine = new MetaEngine(DType.BF16)) {
            UNet unet = new UNet(new Layers(engine, PLACEHOLDERS, UNet.NAME), UNetConfig.stableDiffusion1());
            TextEncoder text =
                    new TextEncoder(new Layers(engine, PLACEHOLDERS, TextEncoder.NAME), TextEncoderConfig.clipVitL14());
            LoraAdapters adapters = new LoraAdapters(engine, layout(textEncoder));
            long before = engine.peakBytes();
            new DiffusionStep(engine, new DiffusionModel(unet, text, schedule(), 1, 1), adapters, checkpointing)
                    .forwardBackward(
                            new DiffusionBatch(
                                    64, 64, new float[64 * 64 * 4], new float[64 * 64 * 4], new int[1], new int[1][77]),
                            1,
                            RankDropout.NONE);
            return engine.peakBytes() - before;
        }
    }

    private static LoraLayout layout(boolean textEncoder) {
        List<LoraModule> modules =
                LoraTargets.of(UNetConfig.stableDiffusion1(), TextEncoderConfig.clipVitL14(), textEncoder).stream()
                        .map(m -> new LoraModule(m.name(), Kind.LINEAR, m.in(), m.out(), 8, 4))
                        .toList();
        return new LoraLayout(modules);
    }

    private static NoiseSchedule schedule() {
        return NoiseSchedule.stableDiffusion();
    }
}
