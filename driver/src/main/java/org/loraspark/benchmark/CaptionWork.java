package org.loraspark.benchmark;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.infer.BlipCaptioner;
import org.loraspark.infer.BlipOptions;
import org.loraspark.infer.CaptionRequest;
import org.loraspark.infer.Captioner;
import org.loraspark.io.RgbImage;
import org.loraspark.models.blip.BlipModel;
import org.loraspark.models.blip.VisionTower;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;

/**
 * Batches of decoded pictures through the captioner that every executor has, from pixels to words of exactly {@value
 * #TOKENS} tokens.
 */
record CaptionWork(Path model, BlipOptions options, List<CaptionRequest> pictures) implements CaseWork {
    private static final int SIDE = 384;
    private static final int TOKENS = 20;
    private static final int BEAMS = 3;

    static CaseWork of(BenchmarkCase benchmarkCase, Path model) {
        if (benchmarkCase.kind() == BenchmarkCase.Kind.CAPTION_VISION) {
            return (engine, turns) -> look(model, engine, turns);
        }
        int beams = benchmarkCase.kind() == BenchmarkCase.Kind.CAPTION_BEAMS ? BEAMS : 1;
        return new CaptionWork(
                model,
                new BlipOptions(beams, 0, 0, "", TOKENS, TOKENS, 1),
                IntStream.range(0, benchmarkCase.batch())
                        .mapToObj(CaptionWork::picture)
                        .toList());
    }

    /** The vision tower alone, on one picture. */
    private static void look(Path model, Engine engine, Turns turns) {
        try (BlipModel blip = BlipModel.open(model, new Configuration())) {
            VisionTower vision = blip.vision(engine);
            float[] pixels = blip.processor().pixels(picture(0).picture());
            new PassWork(pass -> vision.forward(pass, List.of(pixels))).run(engine, turns);
        }
    }

    private static CaptionRequest picture(int number) {
        byte[] rgb = new byte[3 * SIDE * SIDE];
        float[] values = AddressedRandom.at(1, "benchmark", number, "picture").gaussians(rgb.length);
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) Math.max(0, Math.min(255, 128 + 64 * values[i]));
        }
        return new CaptionRequest(Integer.toString(number), new RgbImage(SIDE, SIDE, rgb));
    }

    @Override
    public void run(Engine engine, Turns turns) {
        try (Captioner captioner = BlipCaptioner.open(model, new Configuration(), engine, options)) {
            while (true) {
                turns.await();
                captioner.describe(pictures);
                turns.done();
            }
        }
    }
}
