package org.loraspark.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.config.NearestWord;
import org.loraspark.io.PeftFile;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.io.Storage;

/**
 * The adapters that a prompt may name: {@code NAME.safetensors} of one folder by name or by full file name, a folder NAME
 * as diffusers writes it, or else the {@code ss_output_name} that a file's trainer gave it.
 */
final class AdapterFolder {
    private static final int NAMES_SHOWN = 20;

    private final Path folder;
    private final Configuration conf;
    private final TreeMap<String, Path> byName = new TreeMap<>();

    private AdapterFolder(Path folder, Configuration conf) {
        this.folder = folder;
        this.conf = conf;
    }

    static AdapterFolder open(Path path, Configuration conf) {
        AdapterFolder folder = new AdapterFolder(path, conf);
        FileSystem fileSystem = Storage.fileSystem(path, conf);
        try {
            if (!fileSystem.exists(path) || !fileSystem.getFileStatus(path).isDirectory()) {
                throw new UserError("--lora-dir " + path + " is no folder; name the one that holds the adapters");
            }
            FileStatus[] entries = fileSystem.listStatus(path);
            Arrays.sort(entries);
            for (FileStatus entry : entries) {
                String name = entry.getPath().getName();
                if (entry.isDirectory() && fileSystem.exists(new Path(entry.getPath(), PeftFile.FILE_NAME))) {
                    folder.byName.putIfAbsent(name, entry.getPath());
                } else if (entry.isFile() && name.endsWith(AdapterFiles.ENDING)) {
                    folder.byName.put(withoutEnding(name), entry.getPath());
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UserError("cannot read --lora-dir " + path + ": " + e.getMessage(), e);
        }
    }

    /** @throws UserError with what there is, when nothing has the name */
    Path find(String name) {
        Path file = byName.get(withoutEnding(name));
        if (file != null) {
            return file;
        }
        List<String> named = new ArrayList<>();
        for (var entry : byName.entrySet()) {
            if (name.equals(outputName(entry.getValue()))) {
                named.add(entry.getKey());
            }
        }
        if (named.size() == 1) {
            return byName.get(named.get(0));
        }
        if (named.size() > 1) {
            throw new UserError("<lora:" + name + "> could be any of " + String.join(", ", named) + " in " + folder
                    + ", which their trainer all named so; use a file's name");
        }
        if (byName.isEmpty()) {
            throw new UserError("there is no adapter " + name + " in " + folder + ", nor any other .safetensors file");
        }
        throw new UserError("there is no adapter " + name + " in " + folder + "; did you mean "
                + NearestWord.of(name, byName.keySet()) + "? There: "
                + byName.keySet().stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "))
                + (byName.size() > NAMES_SHOWN ? " and " + (byName.size() - NAMES_SHOWN) + " more" : ""));
    }

    /** Empty for a folder, and for a file that cannot be read: nobody has asked for that one. */
    private String outputName(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path, conf)) {
            return file.metadata().getOrDefault("ss_output_name", "");
        } catch (UserError e) {
            return "";
        }
    }

    private static String withoutEnding(String name) {
        return name.endsWith(AdapterFiles.ENDING)
                ? name.substring(0, name.length() - AdapterFiles.ENDING.length())
                : name;
    }
}
