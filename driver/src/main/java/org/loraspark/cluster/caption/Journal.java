package org.loraspark.cluster.caption;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;
import org.loraspark.data.Picture;
import org.loraspark.data.TextFiles;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/**
 * Finished pictures, recorded while a job runs: files of JSON lines that appear whole, each written by one task, in a
 * folder that belongs to one model and its settings. Tasks that run twice write their pictures twice; a reader takes the
 * first record of each content, so that nothing is lost and nothing doubled.
 *
 * @param folder holds this journal alone
 */
record Journal(String folder, SerializableConfiguration hadoop) implements Serializable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PREFIX = "part-";

    /**
     * What a journal holds.
     *
     * @param byVersion records of files as they were
     * @param byHash the first record with a caption of each content
     */
    record Contents(Map<String, Finished> byVersion, Map<String, Finished> byHash) {
        boolean hasCaption(Picture picture) {
            return find(picture) != null && !find(picture).isRejected();
        }

        /** Null when nothing is known of it. */
        Finished find(Picture picture) {
            Finished own = byVersion.get(Finished.versionOf(picture.name(), picture.length(), picture.modified()));
            return own == null || own.isRejected() ? own : byHash.get(own.hash());
        }
    }

    private Configuration conf() {
        return hadoop.value();
    }

    void save(List<Finished> results) {
        Path file = new Path(folder, PREFIX + UUID.randomUUID() + ".jsonl");
        AtomicFiles.write(file, conf(), out -> {
            for (Finished result : results) {
                out.write(JSON.writeValueAsBytes(result));
                out.write('\n');
            }
        });
    }

    Contents read() {
        Map<String, Finished> byVersion = new HashMap<>();
        Map<String, Finished> byHash = new HashMap<>();
        for (Finished result : all()) {
            if (!result.isRejected()) {
                byHash.putIfAbsent(result.hash(), result);
            }
            byVersion.merge(result.version(), result, (first, second) -> first.isRejected() ? second : first);
        }
        return new Contents(byVersion, byHash);
    }

    private List<Finished> all() {
        Path path = new Path(folder);
        FileSystem fileSystem = Storage.fileSystem(path, conf());
        List<Finished> results = new ArrayList<>();
        try {
            if (!fileSystem.exists(path)) {
                return results;
            }
            List<Path> files = Arrays.stream(fileSystem.listStatus(path))
                    .map(FileStatus::getPath)
                    .filter(file -> file.getName().startsWith(PREFIX))
                    .sorted(Comparator.comparing(Path::getName))
                    .toList();
            for (Path file : files) {
                for (String line : new String(TextFiles.bytes(fileSystem, file), StandardCharsets.UTF_8).split("\n")) {
                    results.add(JSON.readValue(line, Finished.class));
                }
            }
            return results;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the finished pictures in " + path, e);
        }
    }
}
