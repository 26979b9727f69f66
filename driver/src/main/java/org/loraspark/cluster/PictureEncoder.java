package org.loraspark.cluster;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.loraspark.data.Picture;
import org.loraspark.data.Problem;
import org.loraspark.grad.Tape;
import org.loraspark.io.BrokenImageException;
import org.loraspark.io.Images;
import org.loraspark.io.RgbImage;
import org.loraspark.io.Storage;
import org.loraspark.models.sd.Vae;
import org.loraspark.nn.Pass;
import org.loraspark.tensor.Engine;

/**
 * From a picture's file to the moments of its latent, in a task: read, turn upright, resize and crop, encode. The log of
 * the variance is clamped to [-30, 20], as the original does.
 */
final class PictureEncoder {
    private final WorkerSetup setup;
    private final EncodeSettings settings;
    private final Set<String> known;

    /**
     * What became of a picture.
     *
     * @param key null when the file could not be read
     * @param entry null when the key was known before, or there is a problem
     * @param problem null when all is well
     * @param fatal a problem of the model, not of the picture
     */
    record Outcome(Picture picture, String key, LatentCache.Entry entry, Problem problem, boolean fatal)
            implements Serializable {
        /** Without the latents, for the driver. */
        Outcome summary() {
            return entry == null
                    ? this
                    : new Outcome(
                            picture,
                            key,
                            new LatentCache.Entry(key, new float[0], new float[0], null, null),
                            problem,
                            fatal);
        }
    }

    PictureEncoder(WorkerSetup setup, EncodeSettings settings, Set<String> known) {
        this.setup = setup;
        this.settings = settings;
        this.known = known;
    }

    Outcome encode(Picture picture) {
        byte[] file;
        try {
            file = read(picture);
        } catch (FileNotFoundException e) {
            return new Outcome(picture, null, null, new Problem(picture.path(), "is no longer there"), false);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + picture.path(), e);
        }
        String key = settings.key(file);
        if (known.contains(key)) {
            return new Outcome(picture, key, null, null, false);
        }
        RgbImage image;
        try {
            image = Images.resizeAndCrop(Images.decode(file, picture.name()), settings.width(), settings.height());
        } catch (BrokenImageException e) {
            return new Outcome(picture, key, null, new Problem(picture.path(), e.reason()), false);
        }
        try (WorkerProcess.Lease lease = WorkerProcess.lease(setup)) {
            float[][] plain = moments(lease.engine(), lease.vae(), image);
            float[][] flipped = settings.flip() ? moments(lease.engine(), lease.vae(), image.flip()) : new float[2][];
            if (!finite(plain) || settings.flip() && !finite(flipped)) {
                Problem problem = new Problem(picture.path(), "gives a latent that is not finite");
                return new Outcome(picture, key, null, problem, true);
            }
            LatentCache.Entry entry = new LatentCache.Entry(key, plain[0], plain[1], flipped[0], flipped[1]);
            return new Outcome(picture, key, entry, null, false);
        }
    }

    private byte[] read(Picture picture) throws IOException {
        Path path = new Path(picture.path());
        try (InputStream in = Storage.fileSystem(path, setup.conf()).open(path)) {
            return in.readAllBytes();
        }
    }

    /** Mean and log of the variance, both {@code [height / 8, width / 8, 4]}. */
    private static float[][] moments(Engine engine, Vae vae, RgbImage image) {
        float[] pixels = new float[image.rgb().length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (image.rgb()[i] & 0xff) / 127.5f - 1;
        }
        try (Tape tape = Tape.inference(engine)) {
            var input = tape.constant(engine.upload(pixels, 1, image.height(), image.width(), 3));
            float[] output = engine.read(vae.encode(Pass.plain(tape), input).value());
            int channels = vae.config().latentChannels();
            float[][] moments = new float[2][output.length / 2];
            for (int i = 0; i < output.length; i++) {
                int channel = i % (2 * channels);
                int at = i / (2 * channels) * channels + channel % channels;
                if (channel < channels) {
                    moments[0][at] = output[i];
                } else {
                    moments[1][at] = Math.max(-30, Math.min(20, output[i]));
                }
            }
            return moments;
        }
    }

    private static boolean finite(float[][] moments) {
        for (float[] values : moments) {
            for (float value : values) {
                if (!Float.isFinite(value)) {
                    return false;
                }
            }
        }
        return true;
    }
}
