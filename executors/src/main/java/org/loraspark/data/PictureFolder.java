package org.loraspark.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;

/**
 * What lies directly in one folder, sorted by name; names that begin with a dot are not seen.
 *
 * @param files everything that is no folder, by name
 * @param folders sub-folders
 */
record PictureFolder(Path path, Map<String, FileStatus> files, List<Path> folders) {
    private static final Pattern KOHYA = Pattern.compile("(\\d{1,6})_(.*)");

    static PictureFolder list(FileSystem fileSystem, Path path) {
        Map<String, FileStatus> files = new LinkedHashMap<>();
        List<Path> folders = new ArrayList<>();
        for (FileStatus status : statuses(fileSystem, path)) {
            String name = status.getPath().getName();
            if (name.startsWith(".")) {
                continue;
            }
            if (status.isDirectory()) {
                folders.add(status.getPath());
            } else {
                files.put(name, status);
            }
        }
        return new PictureFolder(path, files, folders);
    }

    static void refuseFile(FileSystem fileSystem, Path path) {
        try {
            if (fileSystem.exists(path) && fileSystem.getFileStatus(path).isFile()) {
                throw new UserError("data folder " + path + " is a file; give the folder that holds the pictures");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach " + path, e);
        }
    }

    private static List<FileStatus> statuses(FileSystem fileSystem, Path path) {
        try {
            List<FileStatus> statuses = new ArrayList<>(List.of(fileSystem.listStatus(path)));
            statuses.sort(Comparator.comparing(status -> status.getPath().getName()));
            return statuses;
        } catch (FileNotFoundException e) {
            throw new UserError("data folder " + path + " does not exist", e);
        } catch (org.apache.hadoop.security.AccessControlException e) {
            throw new UserError("cannot read folder " + path + ": permission denied", e);
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).matches("(?s).*(Permission denied|null list).*")) {
                throw new UserError("cannot read folder " + path + ": permission denied", e);
            }
            throw new UncheckedIOException("cannot list " + path, e);
        }
    }

    List<FileStatus> pictures() {
        return files.values().stream()
                .filter(file -> PictureName.isPicture(file.getPath().getName()))
                .toList();
    }

    /** Pictures in formats that are not decoded. */
    List<FileStatus> foreignPictures() {
        return files.values().stream()
                .filter(file -> PictureName.isForeignPicture(file.getPath().getName()))
                .toList();
    }

    /** Named {@code <repeats>_<class tokens>}, as kohya's trainer has it. */
    static boolean isKohya(Path folder) {
        return KOHYA.matcher(folder.getName()).matches();
    }

    static int kohyaRepeats(Path folder) {
        return Integer.parseInt(kohya(folder).group(1));
    }

    static String kohyaClassTokens(Path folder) {
        return kohya(folder).group(2).strip();
    }

    private static Matcher kohya(Path folder) {
        Matcher matcher = KOHYA.matcher(folder.getName());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(folder + " is not named <repeats>_<class tokens>");
        }
        return matcher;
    }
}
