package org.loraspark.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.loraspark.UserError;

/** Hadoop's view of a path: the file system behind it, and the local file where there is one. */
public final class Storage {
    private Storage() {}

    /** The path's file system; a local one without the {@code .crc} companions that Hadoop otherwise writes. */
    public static FileSystem fileSystem(Path path, Configuration conf) {
        try {
            FileSystem fileSystem = path.getFileSystem(conf);
            return fileSystem instanceof LocalFileSystem local ? local.getRaw() : fileSystem;
        } catch (UnsupportedFileSystemException e) {
            throw new UserError(path + " names a file system that is not on the class path: " + e.getMessage(), e);
        } catch (IOException e) {
            throw failure("reach", path.toString(), e);
        }
    }

    /** The path with its scheme and, where it was relative, its folder: the same file for processes elsewhere. */
    public static Path qualified(Path path, Configuration conf) {
        return fileSystem(path, conf).makeQualified(path);
    }

    /** The same path for {@code java.nio}, when it lies on the local disk. */
    public static Optional<java.nio.file.Path> local(Path path, Configuration conf) {
        FileSystem fileSystem = fileSystem(path, conf);
        if (!"file".equals(fileSystem.getUri().getScheme())) {
            return Optional.empty();
        }
        return Optional.of(
                java.nio.file.Path.of(fileSystem.makeQualified(path).toUri().getPath()));
    }

    /** What a failed operation means to the user: one sentence where the cause is known, the plain failure otherwise. */
    static RuntimeException failure(String verb, String path, IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof AccessDeniedException
                || e instanceof org.apache.hadoop.security.AccessControlException
                || message.contains("Permission denied")) {
            return new UserError("cannot " + verb + " " + path + ": permission denied", e);
        }
        if (message.contains("No space left")
                || message.contains("Disk quota exceeded")
                || e.getClass().getSimpleName().contains("QuotaExceeded")) {
            return new UserError("cannot " + verb + " " + path + ": the disk is full or its quota is used up", e);
        }
        if (message.contains("Read-only file system")) {
            return new UserError("cannot " + verb + " " + path + ": the file system is read-only", e);
        }
        if (e instanceof java.nio.file.FileAlreadyExistsException
                || e instanceof org.apache.hadoop.fs.ParentNotDirectoryException
                || message.contains("Not a directory")) {
            return new UserError("cannot " + verb + " " + path + ": a file is in the way where a folder is needed", e);
        }
        if (e instanceof java.nio.file.DirectoryNotEmptyException || message.contains("Is a directory")) {
            return new UserError("cannot " + verb + " " + path + ": it is a folder, a file is needed", e);
        }
        // A FileNotFoundException alone says little: Java throws it for too many open files as well.
        if (e instanceof java.nio.file.NoSuchFileException
                || e instanceof java.io.FileNotFoundException
                        && (message.contains("No such file") || message.contains("does not exist"))) {
            return new UserError("cannot " + verb + " " + path + ": no such file", e);
        }
        return new UncheckedIOException("cannot " + verb + " " + path, e);
    }
}
