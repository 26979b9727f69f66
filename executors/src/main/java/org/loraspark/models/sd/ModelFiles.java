package org.loraspark.models.sd;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.SafetensorsShards;
import org.loraspark.io.TensorInfo;
import org.loraspark.nn.Weights;
import org.loraspark.tensor.HostTensor;

/** The tensors of a checkpoint by component and diffusers' name, wherever and under whatever name they are stored. */
final class ModelFiles implements AutoCloseable {
    private record Entry(SafetensorsFile file, String key) {}

    private final List<SafetensorsFile> files = new ArrayList<>();
    private final Map<Component, Map<String, Entry>> entries = new EnumMap<>(Component.class);
    private final List<String> unknown = new ArrayList<>();

    ModelFiles() {
        for (Component component : Component.values()) {
            entries.put(component, new TreeMap<>());
        }
    }

    /** A single file with all three components under the original names. */
    void addSingleFile(SafetensorsFile file) {
        files.add(file);
        for (String key : file.names()) {
            if (!LdmNames.isKnownExtra(key)) {
                LdmNames.translate(key)
                        .ifPresentOrElse(
                                place -> put(place.component(), place.name(), file, key), () -> unknown.add(key));
            }
        }
    }

    /** One component of a diffusers folder. */
    void addComponent(Component component, SafetensorsShards weights) {
        files.addAll(weights.files());
        weights.names().forEach(key -> put(component, key, weights.fileOf(key), key));
    }

    private void put(Component component, String name, SafetensorsFile file, String key) {
        if (!name.endsWith("embeddings.position_ids")) {
            entries.get(component).put(canonical(component, name), new Entry(file, key));
        }
    }

    private static String canonical(Component component, String name) {
        return switch (component) {
            case TEXT_ENCODER -> name.startsWith("text_model.") ? name : "text_model." + name;
            case VAE ->
                name.replace(".attentions.0.query.", ".attentions.0.to_q.")
                        .replace(".attentions.0.key.", ".attentions.0.to_k.")
                        .replace(".attentions.0.value.", ".attentions.0.to_v.")
                        .replace(".attentions.0.proj_attn.", ".attentions.0.to_out.0.");
            case UNET -> name;
        };
    }

    List<SafetensorsFile> files() {
        return files;
    }

    /** Keys of no component, in the order of the files. */
    List<String> unknown() {
        return unknown;
    }

    /** Names of one component, sorted. */
    List<String> names(Component component) {
        return List.copyOf(entries.get(component).keySet());
    }

    boolean contains(Component component, String name) {
        return entries.get(component).containsKey(name);
    }

    TensorInfo info(Component component, String name) {
        Entry entry = entries.get(component).get(name);
        return entry.file().info(entry.key());
    }

    Weights weights(Component component) {
        return (name, shape) -> {
            Entry entry = entries.get(component).get(name);
            HostTensor tensor = entry.file().tensor(entry.key());
            return tensor.reshape(shape);
        };
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
