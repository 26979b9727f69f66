package org.loraspark.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.Storage;

/**
 * Lists the pictures of a data folder with their captions, without reading a pixel or changing a file. The folder is
 * flat, or holds kohya's folders {@code <repeats>_<class tokens>}. Nothing is left out in silence: what cannot be used
 * is a {@link Problem}, and a layout that is neither of the two is refused with what was found.
 */
public final class DatasetScanner {
    private final Configuration conf;
    private final ScanOptions options;
    private final FileSystem fileSystem;
    private final Path root;
    private final List<Picture> pictures = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();

    private DatasetScanner(Path folder, Configuration conf, ScanOptions options) {
        this.conf = conf;
        this.options = options;
        fileSystem = Storage.fileSystem(folder, conf);
        root = fileSystem.makeQualified(folder);
    }

    /** The folder's pictures, sorted by name. */
    public static Dataset scan(Path folder, Configuration conf, ScanOptions options) {
        return new DatasetScanner(folder, conf, options).scan();
    }

    private Dataset scan() {
        PictureFolder.refuseFile(fileSystem, root);
        PictureFolder top = PictureFolder.list(fileSystem, root);
        List<Path> kohya = top.folders().stream().filter(PictureFolder::isKohya).toList();
        boolean flat = !top.pictures().isEmpty();
        if (flat && !kohya.isEmpty()) {
            throw new UserError("data folder " + root + " holds both pictures ("
                    + top.pictures().size() + ") and kohya folders (" + names(kohya)
                    + "); move the pictures into a <repeats>_<name> folder");
        }
        if (!flat && kohya.isEmpty()) {
            throw nothingFound(top);
        }
        Captions captions = captions();
        if (flat) {
            captions.addFolder(top, "");
            add(top, "", 1, "", captions);
        } else {
            addKohya(top, kohya, captions);
        }
        problems.addAll(captions.problems());
        Problem.check(problems, root.toString(), options.skipInvalid());
        if (pictures.isEmpty()) {
            throw new UserError("data folder " + root + " holds no usable picture; left out: "
                    + problems.stream().limit(10).map(Problem::toString).collect(Collectors.joining("; ")));
        }
        pictures.sort(Comparator.comparing(Picture::name));
        return new Dataset(pictures, problems);
    }

    private Captions captions() {
        if (options.captions().isEmpty()) {
            return Captions.beside(fileSystem);
        }
        Path file = new Path(options.captions());
        FileSystem holder = Storage.fileSystem(file, conf);
        try {
            if (!holder.exists(file)) {
                throw new UserError("caption file " + file + " (data.captions) does not exist");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach " + file, e);
        }
        return Captions.of(holder, file);
    }

    private void addKohya(PictureFolder top, List<Path> kohya, Captions captions) {
        List<PictureFolder> folders = new ArrayList<>();
        for (Path path : kohya) {
            PictureFolder folder = PictureFolder.list(fileSystem, path);
            folders.add(folder);
            captions.addFolder(folder, path.getName() + "/");
        }
        captions.addFolder(top, "");
        for (PictureFolder folder : folders) {
            int repeats = PictureFolder.kohyaRepeats(folder.path());
            if (folder.pictures().isEmpty()) {
                problems.add(new Problem(folder.path().toString(), "holds no pictures"));
            }
            if (repeats < 1) {
                problems.add(new Problem(folder.path().toString(), "has " + repeats + " repeats; rename it"));
                continue;
            }
            String classTokens = PictureFolder.kohyaClassTokens(folder.path());
            add(folder, folder.path().getName() + "/", repeats, classTokens, captions);
        }
        reportLeftOut(top.folders().stream()
                .filter(path -> !PictureFolder.isKohya(path))
                .toList());
    }

    private void add(PictureFolder folder, String prefix, int repeats, String classTokens, Captions captions) {
        for (FileStatus file : folder.pictures()) {
            String name = prefix + file.getPath().getName();
            Optional<String> caption = captions.find(folder, file, name);
            if (caption.isEmpty() && classTokens.isEmpty()) {
                problems.add(new Problem(file.getPath().toString(), "has no caption"));
                continue;
            }
            pictures.add(new Picture(
                    file.getPath().toString(),
                    name,
                    caption.orElse(classTokens),
                    Math.multiplyExact(repeats, options.repeats()),
                    file.getLen(),
                    file.getModificationTime()));
        }
        for (FileStatus file : folder.foreignPictures()) {
            problems.add(new Problem(
                    file.getPath().toString(), "is in a format that is not read; convert it to PNG, JPEG or WebP"));
        }
        reportLeftOut(folder.folders());
    }

    private void reportLeftOut(List<Path> folders) {
        for (Path path : folders) {
            int count = PictureFolder.list(fileSystem, path).pictures().size();
            if (count > 0) {
                problems.add(new Problem(path.toString(), "holds pictures that are not read here (" + count + ")"));
            }
        }
    }

    private UserError nothingFound(PictureFolder top) {
        List<Path> withPictures = top.folders().stream()
                .filter(path -> !PictureFolder.list(fileSystem, path).pictures().isEmpty())
                .toList();
        if (!withPictures.isEmpty()) {
            return new UserError("data folder " + root + " holds no pictures itself, only sub-folders with pictures ("
                    + names(withPictures) + "); name one of them, or rename them to <repeats>_<name> such as 10_"
                    + withPictures.get(0).getName());
        }
        String found = top.files().isEmpty() && top.folders().isEmpty()
                ? "it is empty"
                : "found " + top.files().size() + " other files and "
                        + top.folders().size() + " folders ("
                        + names(Stream.concat(
                                        top.files().values().stream().map(FileStatus::getPath), top.folders().stream())
                                .toList())
                        + ")";
        return new UserError("data folder " + root + " holds no pictures (png, jpg, jpeg, webp, bmp): " + found);
    }

    private static String names(List<Path> paths) {
        return paths.stream().limit(5).map(Path::getName).collect(Collectors.joining(", "))
                + (paths.size() > 5 ? ", …" : "");
    }
}
