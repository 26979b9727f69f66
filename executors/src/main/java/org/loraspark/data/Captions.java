package org.loraspark.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;

/**
 * Finds a picture's caption. With a caption file given for the whole folder only that file is asked; otherwise the first
 * of these that has one:
 *
 * <ol>
 *   <li>{@code metadata.csv}, then {@code metadata.jsonl}, in the picture's own folder
 *   <li>the same two in the data folder, where they name {@code sub-folder/picture}
 *   <li>the first line of {@code <picture's stem>.txt}, then of {@code .caption}, beside the picture
 * </ol>
 *
 * A kohya folder's class tokens are the caption of last resort, in both cases.
 */
final class Captions {
    private static final List<String> METADATA = List.of("metadata.csv", "metadata.jsonl");
    private static final List<String> BESIDE = List.of(".txt", ".caption");

    /** A metadata file whose names are relative to the data folder once {@code prefix} is put before them. */
    private record Source(MetadataFile file, Path path, String prefix, Set<String> used) {}

    private final FileSystem fileSystem;
    private final boolean explicit;
    private final List<Source> sources = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();

    private Captions(FileSystem fileSystem, boolean explicit) {
        this.fileSystem = fileSystem;
        this.explicit = explicit;
    }

    /** Only this file; {@code fileSystem} is the one that holds it. */
    static Captions of(FileSystem fileSystem, Path file) {
        Captions captions = new Captions(fileSystem, true);
        captions.add(fileSystem, file, "");
        return captions;
    }

    static Captions beside(FileSystem fileSystem) {
        return new Captions(fileSystem, false);
    }

    /** A file for the whole folder is asked before all others; {@code holder} is the file system that holds it. */
    void addFirst(FileSystem holder, Path file) {
        add(holder, holder.makeQualified(file), "");
    }

    /** Takes a folder's own metadata files into account; call it for the inner folder first. */
    void addFolder(PictureFolder folder, String prefix) {
        for (String name : METADATA) {
            if (!explicit && folder.files().containsKey(name)) {
                add(fileSystem, folder.files().get(name).getPath(), prefix);
            }
        }
    }

    private void add(FileSystem holder, Path path, String prefix) {
        if (sources.stream().anyMatch(source -> source.path.equals(path))) {
            return;
        }
        MetadataFile file = MetadataFile.parse(TextFiles.text(holder, path), path.toString());
        sources.add(new Source(file, path, prefix, new HashSet<>()));
        problems.addAll(file.problems());
    }

    /** The picture's caption; empty when it has none, or an empty file, which is then among the problems. */
    Optional<String> find(PictureFolder folder, FileStatus picture, String name) {
        String wanted = PictureName.normalise(name);
        String found = null;
        for (Source source : sources) {
            if (wanted.startsWith(source.prefix)) {
                String key = wanted.substring(source.prefix.length());
                String caption = source.file.captions().get(key);
                if (caption != null) {
                    source.used.add(key);
                    found = found == null ? caption : found;
                }
            }
        }
        if (found == null && !explicit) {
            return besidePicture(folder, picture);
        }
        return Optional.ofNullable(found);
    }

    private Optional<String> besidePicture(PictureFolder folder, FileStatus picture) {
        for (String extension : BESIDE) {
            FileStatus file =
                    folder.files().get(PictureName.stem(picture.getPath().getName()) + extension);
            if (file == null) {
                continue;
            }
            try {
                Optional<String> line = TextFiles.text(fileSystem, file.getPath())
                        .lines()
                        .findFirst()
                        .map(String::strip)
                        .filter(text -> !text.isEmpty());
                if (line.isEmpty()) {
                    problems.add(new Problem(file.getPath().toString(), "has no caption in its first line"));
                }
                return line;
            } catch (UserError e) {
                problems.add(new Problem(file.getPath().toString(), "is not UTF-8 text"));
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** A caption file's rows for pictures that were not asked for. */
    Map<String, String> unused(Path file) {
        Map<String, String> unused = new TreeMap<>();
        for (Source source : sources) {
            if (source.path.equals(file)) {
                unused.putAll(source.file.captions());
                unused.keySet().removeAll(source.used);
            }
        }
        return unused;
    }

    /** What was wrong in the caption files; complete once every picture was asked for. */
    List<Problem> problems() {
        List<Problem> all = new ArrayList<>(problems);
        for (Source source : sources) {
            for (String name : source.file.captions().keySet()) {
                if (!source.used.contains(name)) {
                    all.add(new Problem(source.path.toString(), "has a caption for " + name + ", which is not there"));
                }
            }
        }
        return all;
    }
}
