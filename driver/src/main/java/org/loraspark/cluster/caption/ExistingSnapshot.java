package org.loraspark.cluster.caption;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.data.TextFiles;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/**
 * The captions that pictures had when an appending job began. A job that was stopped while it wrote its results finds
 * them here, and not what it has appended to them already.
 */
final class ExistingSnapshot {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Configuration conf;

    ExistingSnapshot(Path workFolder, Configuration conf) {
        this.file = new Path(workFolder, "existing.json");
        this.conf = conf;
    }

    /** Captions by picture, empty for one without; null when no job was stopped. */
    Map<String, String> read() {
        FileSystem fileSystem = Storage.fileSystem(file, conf);
        try {
            return fileSystem.exists(file)
                    ? JSON.readValue(TextFiles.text(fileSystem, file), new TypeReference<TreeMap<String, String>>() {})
                    : null;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    void write(Map<String, String> captions) {
        AtomicFiles.write(file, conf, out -> out.write(JSON.writeValueAsBytes(captions)));
    }
}
