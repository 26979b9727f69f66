package org.loraspark.benchmark;

import java.util.Arrays;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.models.sd.UNet;
import org.loraspark.models.sd.Vae;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;

/** Passes through one network without gradients, from values in Java to values in Java. */
record PassWork(Forward forward) implements CaseWork {
    /** One pass. */
    @FunctionalInterface
    interface Forward {
        Var output(Pass pass);
    }

    /** A picture of the UNet's size to the moments of its latent. */
    static PassWork encode(Vae vae, int latentSide) {
        long side = (long) latentSide * vae.config().downscale();
        float[] pixels = random(side * side * 3);
        return new PassWork(pass -> vae.encode(pass, input(pass, pixels, 1, side, side, 3)));
    }

    static PassWork decode(Vae vae, int latentSide) {
        int channels = vae.config().latentChannels();
        float[] latent = random((long) latentSide * latentSide * channels);
        return new PassWork(pass -> vae.decode(pass, input(pass, latent, 1, latentSide, latentSide, channels)));
    }

    /** Noise of a batch, as a sampler with guidance asks for it. */
    static PassWork denoise(UNet unet, int batch, int tokens) {
        int side = unet.config().sampleSize();
        int channels = unet.config().inChannels();
        int width = unet.config().crossAttentionDim();
        float[] latents = random((long) batch * side * side * channels);
        float[] text = random((long) batch * tokens * width);
        double[] timesteps = new double[batch];
        Arrays.fill(timesteps, 500);
        return new PassWork(pass -> unet.forward(
                pass,
                input(pass, latents, batch, side, side, channels),
                timesteps,
                input(pass, text, batch, tokens, width)));
    }

    @Override
    public void run(Engine engine, Turns turns) {
        while (true) {
            turns.await();
            try (Tape tape = Tape.inference(engine)) {
                engine.read(forward.output(Pass.plain(tape)).value());
            }
            turns.done();
        }
    }

    private static Var input(Pass pass, float[] values, long... shape) {
        return pass.tape().constant(pass.tape().engine().upload(values, shape));
    }

    private static float[] random(long size) {
        return AddressedRandom.at(1, "benchmark", 0, "input").gaussians(Math.toIntExact(size));
    }
}
