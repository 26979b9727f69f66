package org.loraspark.cluster;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/** {@code manifest.json} of a folder: size and SHA-256 of every other file, by which a reader detects damage. */
final class Manifest {
    static final String FILE_NAME = "manifest.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** One file. */
    record Entry(long bytes, String sha256) {}

    private Manifest() {}

    /** Describes the files that a folder holds now. */
    static void write(Path folder, Configuration conf) throws IOException {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Map<String, Entry> entries = new TreeMap<>();
        for (FileStatus file : fileSystem.listStatus(folder)) {
            entries.put(file.getPath().getName(), new Entry(file.getLen(), sha256(fileSystem, file.getPath())));
        }
        AtomicFiles.write(new Path(folder, FILE_NAME), conf, JSON.writeValueAsBytes(entries));
    }

    /** What is wrong with a folder, such as {@code state.json is missing}; empty when it is whole. */
    static Optional<String> damage(Path folder, Configuration conf) throws IOException {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Path manifest = new Path(folder, FILE_NAME);
        if (!fileSystem.exists(manifest)) {
            return Optional.of(FILE_NAME + " is missing");
        }
        Map<String, Entry> entries;
        try (InputStream in = fileSystem.open(manifest)) {
            entries = JSON.readValue(in, new TypeReference<Map<String, Entry>>() {});
        } catch (com.fasterxml.jackson.core.JacksonException e) {
            return Optional.of(FILE_NAME + " is not readable");
        }
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            Path file = new Path(folder, entry.getKey());
            if (!fileSystem.exists(file)) {
                return Optional.of(entry.getKey() + " is missing");
            }
            long bytes = fileSystem.getFileStatus(file).getLen();
            if (bytes != entry.getValue().bytes()) {
                return Optional.of(entry.getKey() + " has " + bytes + " bytes, not "
                        + entry.getValue().bytes());
            }
            if (!sha256(fileSystem, file).equals(entry.getValue().sha256())) {
                return Optional.of(entry.getKey() + " has changed since it was written");
            }
        }
        return Optional.empty();
    }

    private static String sha256(FileSystem fileSystem, Path file) throws IOException {
        try (InputStream in = fileSystem.open(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 20];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
