package org.loraspark.cli;

import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsWriter;
import org.loraspark.tensor.ChannelOrder;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/** Noise and latents in safetensors files, in PyTorch's order, to compare {@code sample} with other programs. */
final class LatentFiles {
    private static final String NOISE = "z0";
    private static final String LATENT = "latent";

    private LatentFiles() {}

    /** Noise of unit deviation {@code [1, 4, height, width]} under the key {@code z0}. */
    static HostTensor readNoise(Path path, Configuration conf, int channels) {
        try (SafetensorsFile file = SafetensorsFile.open(path, conf)) {
            if (!file.contains(NOISE)) {
                throw new UserError("--noise " + path + " has no tensor " + NOISE);
            }
            HostTensor noise = file.tensor(NOISE);
            long[] s = noise.shape();
            if (s.length != 4
                    || s[0] != 1
                    || s[1] != channels
                    || s[2] < 1
                    || s[3] < 1
                    || !noise.dtype().isFloat()) {
                throw new UserError("the tensor " + NOISE + " of --noise " + path + " is " + noise.dtype() + " "
                        + Shapes.toString(s) + ", it must be floating-point numbers [1, " + channels
                        + ", height / 8, width / 8]");
            }
            return noise;
        }
    }

    /** The scaled latents, one a picture, under the key {@code latent}. */
    static void write(Path path, Configuration conf, List<float[]> latents, int height, int width) {
        int size = latents.get(0).length;
        float[] all = new float[size * latents.size()];
        for (int i = 0; i < latents.size(); i++) {
            System.arraycopy(latents.get(i), 0, all, i * size, size);
        }
        HostTensor tensor = ChannelOrder.toFirst(all, latents.size(), height, width);
        SafetensorsWriter.write(path, conf, Map.of(LATENT, tensor), Map.of());
    }
}
