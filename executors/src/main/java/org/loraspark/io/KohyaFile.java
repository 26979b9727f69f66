package org.loraspark.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;

/**
 * The adapter file of kohya's trainer, which AUTOMATIC1111, ComfyUI and diffusers read. For each module: {@code
 * NAME.lora_down.weight} {@code [rank, in]}, {@code NAME.lora_up.weight} {@code [out, rank]} (both with {@code [.., 1,
 * 1]} for a 1x1 convolution) and the scalar {@code NAME.alpha}, all of one type; scale = alpha / rank. Nothing else,
 * because diffusers refuses a file with any other key.
 */
public final class KohyaFile {
    private static final String DOWN = ".lora_down.weight";
    private static final String UP = ".lora_up.weight";
    private static final String ALPHA = ".alpha";

    private KohyaFile() {}

    /** Writes the adapter with its metadata, to which rank, alpha and the hashes of the content are added. */
    public static void write(
            Path target, Configuration conf, LoraWeights weights, DType dtype, KohyaMetadata metadata) {
        Map<String, HostTensor> tensors = tensors(weights, dtype);
        Map<String, String> all = metadata.complete(weights.layout());
        all.putAll(hashes(tensors, all));
        SafetensorsWriter.write(target, conf, tensors, all);
    }

    static Map<String, HostTensor> tensors(LoraWeights weights, DType dtype) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        LoraLayout layout = weights.layout();
        for (int i = 0; i < layout.modules().size(); i++) {
            LoraModule m = layout.modules().get(i);
            String name = LoraNames.kohya(m.name());
            tensors.put(name + DOWN, matrix(weights.down(i), dtype, m, m.rank(), m.in()));
            tensors.put(name + UP, matrix(weights.up(i), dtype, m, m.out(), m.rank()));
            tensors.put(
                    name + ALPHA, HostTensor.of(new float[] {(float) m.alpha()}).cast(dtype));
        }
        return tensors;
    }

    static HostTensor matrix(float[] values, DType dtype, LoraModule module, long rows, long columns) {
        boolean convolution = module.kind() == LoraModule.Kind.CONV1X1;
        HostTensor stored = HostTensor.of(
                        values, convolution ? new long[] {rows, columns, 1, 1} : new long[] {rows, columns})
                .cast(dtype);
        for (float value : stored.toFloats()) {
            if (!Float.isFinite(value)) {
                throw new IllegalStateException("module " + module.name() + " holds a value that is not finite as "
                        + dtype + ", so the adapter is not written");
            }
        }
        return stored;
    }

    /** The two hashes by which web user interfaces know an adapter; they leave metadata of other kinds out. */
    private static Map<String, String> hashes(Map<String, HostTensor> tensors, Map<String, String> metadata) {
        Map<String, String> training = new LinkedHashMap<>(metadata);
        training.keySet().removeIf(key -> !key.startsWith("ss_"));
        try (SafetensorsHash hash = new SafetensorsHash()) {
            SafetensorsWriter.write(hash, tensors, training);
            // Not Map.of, whose order is another in each process: equal runs write equal bytes.
            Map<String, String> hashes = new LinkedHashMap<>();
            hashes.put("sshs_model_hash", hash.ofData());
            hashes.put("sshs_legacy_hash", hash.legacy());
            return hashes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a key means, when it is of this dialect and of a Stable Diffusion 1.x layer. */
    static Optional<LoraParts.Slot> slot(String key) {
        int dot = key.indexOf('.');
        if (dot < 0) {
            return Optional.empty();
        }
        LoraParts.Part part = switch (key.substring(dot)) {
            case DOWN -> LoraParts.Part.DOWN;
            case UP -> LoraParts.Part.UP;
            case ALPHA -> LoraParts.Part.ALPHA;
            default -> null;
        };
        return part == null
                ? Optional.empty()
                : LoraNames.fromKohya(key.substring(0, dot)).map(module -> new LoraParts.Slot(module, part));
    }
}
