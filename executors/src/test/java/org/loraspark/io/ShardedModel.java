package org.loraspark.io;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.loraspark.tensor.HostTensor;

/** A safetensors file cut into parts with an index, as Hugging Face's libraries save large models. */
public final class ShardedModel {
    private ShardedModel() {}

    /**
     * Puts parts and their index in the file's place.
     *
     * @return the parts
     */
    public static List<Path> cut(Path file, int parts) throws IOException {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile whole = SafetensorsFile.open(file)) {
            whole.names().forEach(name -> tensors.put(name, whole.tensor(name)));
        }
        String stem = file.getFileName().toString().replace(".safetensors", "");
        List<Map<String, HostTensor>> shares = new ArrayList<>();
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            shares.add(new LinkedHashMap<>());
            paths.add(file.resolveSibling(String.format("%s-%05d-of-%05d.safetensors", stem, i + 1, parts)));
        }
        ObjectNode index = new ObjectMapper().createObjectNode();
        ObjectNode map = index.putObject("weight_map");
        int number = 0;
        for (Map.Entry<String, HostTensor> tensor : tensors.entrySet()) {
            int part = number++ % parts;
            shares.get(part).put(tensor.getKey(), tensor.getValue());
            map.put(tensor.getKey(), paths.get(part).getFileName().toString());
        }
        for (int i = 0; i < parts; i++) {
            SafetensorsWriter.write(
                    new org.apache.hadoop.fs.Path(paths.get(i).toUri()),
                    new Configuration(),
                    shares.get(i),
                    Map.of("format", "pt"));
        }
        Files.writeString(file.resolveSibling(stem + ".safetensors.index.json"), index.toString());
        Files.delete(file);
        return paths;
    }
}
