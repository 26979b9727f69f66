package org.loraspark.train;

import java.util.Arrays;
import java.util.List;
import org.loraspark.UserError;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.ChannelOrder;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/**
 * A recorded batch in a safetensors file, checked before it is used: {@code latents} and {@code noise} {@code [n, 4,
 * height, width]}, the latents already scaled, {@code timesteps} {@code [n]} and {@code input_ids} {@code [n, 77]}.
 */
final class ReplayBatch {
    private static final List<String> KEYS = List.of("latents", "noise", "timesteps", "input_ids");

    private final SafetensorsFile file;

    private ReplayBatch(SafetensorsFile file) {
        this.file = file;
    }

    static DiffusionBatch read(SafetensorsFile file, BaseModel base) {
        return new ReplayBatch(file).read(base);
    }

    private DiffusionBatch read(BaseModel base) {
        for (String key : KEYS) {
            if (!file.contains(key)) {
                throw new UserError(file.path() + " is no recorded batch: it has no tensor " + key + "; a batch holds "
                        + String.join(", ", KEYS));
            }
        }
        long[] shape = file.info("latents").shape();
        int channels = base.vaeConfig().latentChannels();
        if (shape.length != 4 || shape[1] != channels || Shapes.size(shape) == 0) {
            throw wrong("latents", "of shape " + Shapes.toString(shape), "[n, " + channels + ", height, width]");
        }
        float[] latents = picture("latents", shape);
        float[] noise = picture("noise", shape);
        int n = Math.toIntExact(shape[0]);
        long[] timesteps = integers("timesteps", base.schedule().timesteps(), n);
        long[] ids = integers("input_ids", base.textEncoderConfig().vocabSize(), n, ClipTokenizer.LENGTH);
        int[][] tokenIds = new int[n][ClipTokenizer.LENGTH];
        for (int i = 0; i < ids.length; i++) {
            tokenIds[i / ClipTokenizer.LENGTH][i % ClipTokenizer.LENGTH] = (int) ids[i];
        }
        return new DiffusionBatch(
                Math.toIntExact(shape[2]),
                Math.toIntExact(shape[3]),
                latents,
                noise,
                Arrays.stream(timesteps).mapToInt(t -> (int) t).toArray(),
                tokenIds);
    }

    private float[] picture(String key, long[] shape) {
        HostTensor tensor = tensor(key, shape);
        if (!tensor.dtype().isFloat()) {
            throw wrong(key, "of type " + tensor.dtype(), "floating-point numbers");
        }
        float[] values = ChannelOrder.toLast(tensor);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw wrong(key, "not finite everywhere", "finite numbers");
            }
        }
        return values;
    }

    private long[] integers(String key, long limit, long... shape) {
        HostTensor tensor = tensor(key, shape);
        if (tensor.dtype().isFloat()) {
            throw wrong(key, "of type " + tensor.dtype(), "integers");
        }
        long[] values = tensor.toLongs();
        for (long value : values) {
            if (value < 0 || value >= limit) {
                throw wrong(key, value + " at one place", "between 0 and " + (limit - 1));
            }
        }
        return values;
    }

    private HostTensor tensor(String key, long... shape) {
        HostTensor tensor = file.tensor(key);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw wrong(key, "of shape " + Shapes.toString(tensor.shape()), Shapes.toString(shape));
        }
        return tensor;
    }

    private UserError wrong(String key, String seen, String wanted) {
        return new UserError("the tensor " + key + " of the recorded batch " + file.path() + " is " + seen
                + ", it must be " + wanted);
    }
}
