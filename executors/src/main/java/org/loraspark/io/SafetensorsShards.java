package org.loraspark.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.tensor.HostTensor;

/**
 * A model's tensors in one safetensors file, or in several: then {@code NAME.index.json} beside them tells in its {@code
 * weight_map} which file holds a tensor (Hugging Face's sharded checkpoints).
 */
public final class SafetensorsShards implements AutoCloseable {
    private static final String INDEX = ".index.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, SafetensorsFile> files = new TreeMap<>();
    private final Map<String, SafetensorsFile> fileOf = new LinkedHashMap<>();

    private SafetensorsShards() {}

    /** What a folder has in place of the file {@code name} when its tensors lie in several. */
    public static String index(String name) {
        return name + INDEX;
    }

    /** Whether a folder holds a file of that name, whole or in several. */
    public static boolean exist(Path folder, String name, Configuration conf) throws IOException {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        return fileSystem.exists(new Path(folder, name)) || fileSystem.exists(new Path(folder, index(name)));
    }

    /**
     * The file of that name where there is one, otherwise those that its index names.
     *
     * @throws UserError when one of them is missing, or holds other tensors than the index says
     */
    public static SafetensorsShards open(Path folder, String name, Configuration conf) throws IOException {
        SafetensorsShards shards = new SafetensorsShards();
        try {
            FileSystem fileSystem = Storage.fileSystem(folder, conf);
            Path whole = new Path(folder, name);
            if (fileSystem.exists(whole)) {
                SafetensorsFile file = SafetensorsFile.open(whole, conf);
                shards.files.put(name, file);
                file.names().forEach(tensor -> shards.fileOf.put(tensor, file));
            } else {
                shards.openAll(folder, new Path(folder, index(name)), fileSystem, conf);
            }
            return shards;
        } catch (IOException | RuntimeException e) {
            shards.close();
            throw e;
        }
    }

    private void openAll(Path folder, Path index, FileSystem fileSystem, Configuration conf) throws IOException {
        for (Map.Entry<String, JsonNode> entry : weightMap(index, fileSystem).properties()) {
            String tensor = entry.getKey();
            String shard = entry.getValue().asText();
            if (!files.containsKey(shard)) {
                files.put(shard, openShard(folder, shard, index, fileSystem, conf));
            }
            SafetensorsFile file = files.get(shard);
            if (!file.contains(tensor)) {
                throw new UserError(index + " says that " + shard + " holds the tensor " + tensor
                        + ", which it does not; the files belong to different models");
            }
            fileOf.put(tensor, file);
        }
    }

    private static JsonNode weightMap(Path index, FileSystem fileSystem) throws IOException {
        try (InputStream in = fileSystem.open(index)) {
            JsonNode map = JSON.readTree(in).path("weight_map");
            if (!map.isObject() || map.isEmpty()) {
                throw new UserError(index + " has no weight_map, which tells the file of each tensor");
            }
            return map;
        } catch (JsonProcessingException e) {
            throw new UserError(index + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static SafetensorsFile openShard(
            Path folder, String shard, Path index, FileSystem fileSystem, Configuration conf) throws IOException {
        if (shard.isEmpty() || shard.contains("/") || shard.contains("\\")) {
            throw new UserError(index + " names '" + shard + "', which is no file beside it");
        }
        Path file = new Path(folder, shard);
        if (!fileSystem.exists(file)) {
            throw new UserError("the model folder " + folder + " lacks " + shard + ", which its " + index.getName()
                    + " names; copy it from the original model");
        }
        return SafetensorsFile.open(file, conf);
    }

    public List<SafetensorsFile> files() {
        return List.copyOf(files.values());
    }

    /** Names of all tensors, in the order of the file or the index. */
    public Set<String> names() {
        return Collections.unmodifiableSet(fileOf.keySet());
    }

    /** The file that holds a tensor, which must be there. */
    public SafetensorsFile fileOf(String tensor) {
        return fileOf.get(tensor);
    }

    public TensorInfo info(String tensor) {
        return fileOf(tensor).info(tensor);
    }

    public HostTensor tensor(String tensor) {
        return fileOf(tensor).tensor(tensor);
    }

    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }
}
