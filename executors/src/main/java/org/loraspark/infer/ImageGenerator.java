package org.loraspark.infer;

import java.util.List;
import java.util.function.Function;
import org.loraspark.grad.Tape;
import org.loraspark.io.RgbImage;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.models.sd.NoiseSchedule;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.UNet;
import org.loraspark.models.sd.Vae;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;

/** Text to picture: encode, denoise, decode. The same request gives the same picture. */
public final class ImageGenerator {
    private final Engine engine;
    private final UNet unet;
    private final TextEncoder textEncoder;
    private final Vae vae;
    private final NoiseSchedule schedule;
    private final int clipSkip;
    private final Function<String, int[]> tokenizer;

    /** @param tokenizer text to 77 token ids */
    public ImageGenerator(
            Engine engine,
            UNet unet,
            TextEncoder textEncoder,
            Vae vae,
            NoiseSchedule schedule,
            int clipSkip,
            Function<String, int[]> tokenizer) {
        this.engine = engine;
        this.unet = unet;
        this.textEncoder = textEncoder;
        this.vae = vae;
        this.schedule = schedule;
        this.clipSkip = clipSkip;
        this.tokenizer = tokenizer;
    }

    /**
     * @param adapters of this generator's engine; none for the base model
     * @param stepDone called after each sampling step
     */
    public RgbImage generate(ImageRequest request, List<LoraAdapters> adapters, Runnable stepDone) {
        return decode(request, denoise(request, noise(request), adapters, stepDone));
    }

    /** The seed's noise of unit deviation {@code [height / 8, width / 8, 4]}. */
    public float[] noise(ImageRequest request) {
        int size = height(request) * width(request) * vae.config().latentChannels();
        return AddressedRandom.at(request.seed(), "", 0, "picture").gaussians(size);
    }

    /**
     * @param noise of unit deviation {@code [height / 8, width / 8, 4]}; the seed's own or anybody's
     * @return the scaled latent of the same shape
     */
    public float[] denoise(ImageRequest request, float[] noise, List<LoraAdapters> adapters, Runnable stepDone) {
        Sampler sampler = request.sampler().create(schedule, request.steps());
        return new Denoiser(engine, unet, textEncoder, clipSkip, adapters)
                .denoise(
                        sampler,
                        noise,
                        height(request),
                        width(request),
                        tokenizer.apply(request.prompt()),
                        tokenizer.apply(request.negative()),
                        request.guidance(),
                        i -> AddressedRandom.at(request.seed(), "", i, "ancestral")
                                .gaussians(noise.length),
                        stepDone);
    }

    private int height(ImageRequest request) {
        return request.height() / vae.config().downscale();
    }

    private int width(ImageRequest request) {
        return request.width() / vae.config().downscale();
    }

    /** @param latent scaled {@code [height / 8, width / 8, 4]} */
    public RgbImage decode(ImageRequest request, float[] latent) {
        int height = height(request);
        int width = width(request);
        float[] unscaled = new float[latent.length];
        for (int i = 0; i < latent.length; i++) {
            unscaled[i] = (float) (latent[i] / vae.config().scalingFactor());
        }
        try (Tape tape = Tape.inference(engine)) {
            float[] pixels = engine.read(vae.decode(
                            Pass.plain(tape),
                            tape.constant(engine.upload(
                                    unscaled, 1, height, width, vae.config().latentChannels())))
                    .value());
            return toRgb(pixels, request.width(), request.height());
        }
    }

    private static RgbImage toRgb(float[] pixels, int width, int height) {
        byte[] rgb = new byte[pixels.length];
        for (int i = 0; i < rgb.length; i++) {
            if (!Float.isFinite(pixels[i])) {
                throw new ArithmeticException(
                        "the decoded picture is not finite; the adapter's weights or its strength are too large");
            }
            rgb[i] = (byte) Math.max(0, Math.min(255, Math.round((pixels[i] + 1) * 127.5f)));
        }
        return new RgbImage(width, height, rgb);
    }
}
