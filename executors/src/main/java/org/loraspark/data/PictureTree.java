package org.loraspark.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.Storage;

/**
 * All pictures below a folder, however deep, with the captions that they have already. Nothing is opened but caption
 * files, and names that begin with a dot are not seen.
 *
 * @param pictures sorted by name; the caption is empty where there is none
 * @param foreign pictures in formats that are not decoded; their paths are relative to the folder
 * @param problems of the caption files
 * @param strangers rows of the whole folder's caption file for pictures that are not there
 */
public record PictureTree(
        List<Picture> pictures, List<Problem> foreign, List<Problem> problems, Map<String, String> strangers) {
    /** Without looking for captions. */
    public static PictureTree list(Path folder, Configuration conf) {
        return new Walk(folder, conf).tree();
    }

    /**
     * Captions are looked for as {@link Captions} says.
     *
     * @param captionFile a file for the whole folder that is asked first, or empty
     */
    public static PictureTree captioned(Path folder, Configuration conf, String captionFile) {
        return new Walk(folder, conf).captionedTree(captionFile);
    }

    /** A folder and how names in it begin. */
    private record Place(PictureFolder folder, String prefix) {}

    private static final class Walk {
        private final FileSystem fileSystem;
        private final Path root;
        private final Configuration conf;
        private final List<Place> places = new ArrayList<>();

        /** Deeper folders come first in {@link #places}. */
        Walk(Path folder, Configuration conf) {
            this.conf = conf;
            fileSystem = Storage.fileSystem(folder, conf);
            root = fileSystem.makeQualified(folder);
            PictureFolder.refuseFile(fileSystem, root);
            Deque<Place> open = new ArrayDeque<>(List.of(new Place(PictureFolder.list(fileSystem, root), "")));
            while (!open.isEmpty()) {
                Place place = open.removeFirst();
                places.add(0, place);
                for (Path inner : place.folder.folders()) {
                    open.addLast(
                            new Place(PictureFolder.list(fileSystem, inner), place.prefix + inner.getName() + "/"));
                }
            }
        }

        PictureTree tree() {
            List<Picture> pictures = new ArrayList<>();
            for (Place place : places) {
                place.folder.pictures().forEach(file -> pictures.add(picture(place, file, "")));
            }
            return result(pictures, List.of(), Map.of());
        }

        PictureTree captionedTree(String captionFile) {
            Captions captions = Captions.beside(fileSystem);
            Path whole = captionFile.isEmpty() ? null : Storage.qualified(new Path(captionFile), conf);
            if (whole != null) {
                captions.addFirst(Storage.fileSystem(whole, conf), whole);
            }
            places.forEach(place -> captions.addFolder(place.folder, place.prefix));
            List<Picture> pictures = new ArrayList<>();
            for (Place place : places) {
                for (FileStatus file : place.folder.pictures()) {
                    String name = place.prefix + file.getPath().getName();
                    pictures.add(picture(
                            place, file, captions.find(place.folder, file, name).orElse("")));
                }
            }
            return result(pictures, captions.problems(), whole == null ? Map.of() : captions.unused(whole));
        }

        private static Picture picture(Place place, FileStatus file, String caption) {
            return new Picture(
                    file.getPath().toString(),
                    place.prefix + file.getPath().getName(),
                    caption,
                    1,
                    file.getLen(),
                    file.getModificationTime());
        }

        private PictureTree result(List<Picture> pictures, List<Problem> problems, Map<String, String> strangers) {
            List<Problem> foreign = new ArrayList<>();
            for (Place place : places) {
                for (FileStatus file : place.folder.foreignPictures()) {
                    foreign.add(new Problem(
                            place.prefix + file.getPath().getName(),
                            "is in a format that is not read; convert it to PNG, JPEG or WebP"));
                }
            }
            if (pictures.isEmpty()) {
                throw new UserError("data folder " + root
                        + " holds no pictures (png, jpg, jpeg, webp, bmp), nor do the folders below it"
                        + (foreign.isEmpty() ? "" : "; in formats that are not read: " + names(foreign)));
            }
            pictures.sort(Comparator.comparing(Picture::name));
            foreign.sort(Comparator.comparing(Problem::path));
            return new PictureTree(pictures, foreign, problems, strangers);
        }

        private static String names(List<Problem> problems) {
            return problems.stream().limit(5).map(Problem::path).collect(Collectors.joining(", "))
                    + (problems.size() > 5 ? ", …" : "");
        }
    }
}
