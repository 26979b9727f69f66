package org.loraspark.cluster;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.loraspark.data.LatentMoments;
import org.loraspark.data.Picture;
import org.loraspark.data.PictureDecoder;
import org.loraspark.data.Problem;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.io.BrokenImageException;
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
    private final boolean decodeOnly;

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
            return new Outcome(picture, key, null, problem, fatal);
        }
    }

    /**
     * @param known keys that need no work
     * @param decodeOnly find broken pictures without encoding any
     */
    PictureEncoder(WorkerSetup setup, EncodeSettings settings, Set<String> known, boolean decodeOnly) {
        this.setup = setup;
        this.settings = settings;
        this.known = known;
        this.decodeOnly = decodeOnly;
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
            image = settings.decoder().decode(file, picture.name());
        } catch (BrokenImageException e) {
            return new Outcome(picture, key, null, new Problem(picture.path(), e.reason()), false);
        }
        if (decodeOnly) {
            return new Outcome(picture, key, null, null, false);
        }
        return WorkerProcess.use(setup, lease -> {
            LatentMoments plain = moments(lease.engine(), lease.vae(), image);
            LatentMoments flipped = settings.flip() ? moments(lease.engine(), lease.vae(), image.flip()) : null;
            if (!plain.isFinite() || flipped != null && !flipped.isFinite()) {
                Problem problem = new Problem(picture.path(), "gives a latent that is not finite");
                return new Outcome(picture, key, null, problem, true);
            }
            LatentCache.Entry entry = new LatentCache.Entry(key, plain, flipped);
            return new Outcome(picture, key, entry, null, false);
        });
    }

    private byte[] read(Picture picture) throws IOException {
        Path path = new Path(picture.path());
        try (InputStream in = Storage.fileSystem(path, setup.conf()).open(path)) {
            return in.readAllBytes();
        }
    }

    private LatentMoments moments(Engine engine, Vae vae, RgbImage image) {
        try (Tape tape = Tape.inference(engine)) {
            float[] pixels = PictureDecoder.pixels(image);
            Var output = vae.encode(
                    Pass.plain(tape), tape.constant(engine.upload(pixels, 1, image.height(), image.width(), 3)));
            int channels = vae.config().latentChannels();
            float[] both = engine.read(output.value()); // [height / 8, width / 8, 2 channels]
            float[] mean = new float[both.length / 2];
            float[] logvar = new float[both.length / 2];
            for (int i = 0; i < both.length; i++) {
                int channel = i % (2 * channels);
                int at = i / (2 * channels) * channels + channel % channels;
                if (channel < channels) {
                    mean[at] = both[i];
                } else {
                    logvar[at] = Math.max(-30, Math.min(20, both[i]));
                }
            }
            return new LatentMoments(Math.toIntExact(output.dim(1)), Math.toIntExact(output.dim(2)), mean, logvar);
        }
    }
}
