package org.loraspark.infer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.data.TextFiles;
import org.loraspark.io.SafetensorsShards;
import org.loraspark.io.Storage;

/**
 * A folder with a captioning model, told by its own files.
 *
 * @param folder with scheme and full path
 * @param hash of its files: names, lengths, first and last bytes
 */
public record CaptionModel(Kind kind, String folder, String hash) implements Serializable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WEIGHTS = "model.safetensors";
    private static final int SAMPLE = 1 << 16;

    /** In the order in which their words stand in a caption. */
    public enum Kind {
        /** One sentence. */
        BLIP,
        /** Tags. */
        WD14
    }

    /** @throws UserError when the folder holds neither of the two, saying what it holds */
    public static CaptionModel find(Path folder, Configuration conf) {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Path path = fileSystem.makeQualified(folder);
        try {
            Map<String, FileStatus> files = files(fileSystem, path);
            return new CaptionModel(kind(fileSystem, path, files), path.toString(), hash(fileSystem, files));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read model folder " + path, e);
        }
    }

    private static Map<String, FileStatus> files(FileSystem fileSystem, Path path) throws IOException {
        Map<String, FileStatus> files = new TreeMap<>();
        try {
            if (fileSystem.getFileStatus(path).isFile()) {
                throw new UserError("model " + path + " is a file; give the folder that holds it");
            }
            for (FileStatus file : fileSystem.listStatus(path)) {
                files.put(file.getPath().getName(), file);
            }
        } catch (FileNotFoundException e) {
            throw new UserError("model folder " + path + " does not exist", e);
        }
        return files;
    }

    private static Kind kind(FileSystem fileSystem, Path path, Map<String, FileStatus> files) {
        // A tagger's folder may hold a config.json and safetensors of another library too.
        if (files.containsKey(Wd14Tagger.MODEL) && files.containsKey(Wd14Tagger.TAGS)) {
            return Kind.WD14;
        }
        String type = files.containsKey("config.json") ? modelType(fileSystem, new Path(path, "config.json")) : "";
        if (type.equals("blip")) {
            if (!files.containsKey(WEIGHTS) && !files.containsKey(SafetensorsShards.index(WEIGHTS))) {
                throw new UserError("BLIP folder " + path + " lacks " + WEIGHTS
                        + (files.containsKey("pytorch_model.bin")
                                ? "; convert its pytorch_model.bin, which is not read because it can hold code"
                                : ""));
            }
            return Kind.BLIP;
        }
        String found = !type.isEmpty()
                ? "its config.json says model_type \"" + type + "\""
                : files.isEmpty() ? "it is empty" : "it holds " + names(files);
        throw new UserError("model folder " + path + " is neither BLIP (config.json, model.safetensors, tokenizer.json)"
                + " nor a WD14 tagger (" + Wd14Tagger.MODEL + ", " + Wd14Tagger.TAGS + "): " + found);
    }

    private static String names(Map<String, FileStatus> files) {
        return files.keySet().stream().limit(5).collect(Collectors.joining(", ")) + (files.size() > 5 ? ", …" : "");
    }

    private static String modelType(FileSystem fileSystem, Path config) {
        try {
            return JSON.readTree(TextFiles.text(fileSystem, config))
                    .path("model_type")
                    .asText("");
        } catch (JsonProcessingException e) {
            throw new UserError(config + " is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String hash(FileSystem fileSystem, Map<String, FileStatus> files) throws IOException {
        MessageDigest digest = sha256();
        for (FileStatus file : files.values()) {
            if (!file.isFile()) {
                continue;
            }
            String head = file.getPath().getName() + " " + file.getLen() + "\n";
            digest.update(head.getBytes(StandardCharsets.UTF_8));
            try (FSDataInputStream in = fileSystem.open(file.getPath())) {
                digest.update(sample(in));
                in.seek(Math.max(0, file.getLen() - SAMPLE));
                digest.update(sample(in));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static byte[] sample(InputStream in) throws IOException {
        byte[] bytes = new byte[SAMPLE];
        return Arrays.copyOf(bytes, in.readNBytes(bytes, 0, SAMPLE));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
