package org.loraspark.infer;

import java.util.Arrays;
import java.util.List;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.RankDropout;
import org.loraspark.models.sd.TextEncoder;
import org.loraspark.models.sd.UNet;
import org.loraspark.nn.Adapters;
import org.loraspark.nn.Pass;
import org.loraspark.nn.Trace;
import org.loraspark.tensor.Engine;

/** Runs a sampler: the UNet with guidance and adapters, from noise to a latent. */
final class Denoiser {
    private final Engine engine;
    private final UNet unet;
    private final TextEncoder textEncoder;
    private final int clipSkip;
    private final List<LoraAdapters> adapters;

    Denoiser(Engine engine, UNet unet, TextEncoder textEncoder, int clipSkip, List<LoraAdapters> adapters) {
        this.engine = engine;
        this.unet = unet;
        this.textEncoder = textEncoder;
        this.clipSkip = clipSkip;
        this.adapters = adapters;
    }

    /**
     * @param start Gaussian noise of unit deviation {@code [height, width, 4]}
     * @param prompt 77 token ids
     * @param negative 77 token ids
     * @return the latent, scaled as the UNet knows it
     */
    float[] denoise(
            Sampler sampler,
            float[] start,
            int height,
            int width,
            int[] prompt,
            int[] negative,
            double guidance,
            Sampler.NoiseSource noise,
            Runnable stepDone) {
        boolean guided = guidance != 1;
        int[][] ids = guided ? new int[][] {negative, prompt} : new int[][] {prompt};
        float[] text = encode(ids);
        double[] timesteps = sampler.timesteps();
        float[] x = start.clone();
        for (int k = 0; k < x.length; k++) {
            x[k] *= (float) sampler.initialSigma();
        }
        for (int i = 0; i < timesteps.length; i++) {
            float[] epsilon = predict(x, sampler.inputScale(i), timesteps[i], height, width, text, ids.length);
            if (guided) {
                float[] mixed = new float[x.length];
                for (int k = 0; k < x.length; k++) {
                    mixed[k] = (float) (epsilon[k] + guidance * (epsilon[x.length + k] - epsilon[k]));
                }
                epsilon = mixed;
            }
            x = sampler.step(i, x, epsilon, noise);
            stepDone.run();
        }
        return x;
    }

    private float[] encode(int[][] ids) {
        try (Tape tape = Tape.inference(engine)) {
            return engine.read(textEncoder.forward(pass(tape), ids, clipSkip).value());
        }
    }

    private float[] predict(float[] x, double scale, double timestep, int height, int width, float[] text, int copies) {
        float[] input = new float[copies * x.length];
        for (int k = 0; k < input.length; k++) {
            input[k] = (float) (scale * x[k % x.length]);
        }
        double[] timesteps = new double[copies];
        Arrays.fill(timesteps, timestep);
        try (Tape tape = Tape.inference(engine)) {
            Var latents = tape.constant(engine.upload(input, copies, height, width, 4));
            int tokens = textEncoder.config().maxPositions();
            Var context = tape.constant(engine.upload(text, copies, tokens, text.length / copies / tokens));
            return engine.read(
                    unet.forward(pass(tape), latents, timesteps, context).value());
        }
    }

    private Pass pass(Tape tape) {
        Adapters all = Adapters.NONE;
        for (LoraAdapters adapter : adapters) {
            all = all.and(adapter.on(tape, RankDropout.NONE));
        }
        return new Pass(tape, all, Trace.NONE);
    }
}
