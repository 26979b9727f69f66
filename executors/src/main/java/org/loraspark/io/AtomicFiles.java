package org.loraspark.io;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * Files and folders that appear whole or not at all: written under a hidden name beside the target, flushed to disk,
 * then renamed over it. When the writer fails nothing is left behind and an older file keeps its content. Missing parent
 * folders are made. No permission and a full disk become a {@link org.loraspark.UserError}.
 */
public final class AtomicFiles {
    private static final int BUFFER = 1 << 20;

    private AtomicFiles() {}

    /** Writes a file's bytes. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Fills an empty folder. */
    @FunctionalInterface
    public interface FolderContent {
        void fill(Path folder) throws IOException;
    }

    public static void write(Path target, Configuration conf, byte[] bytes) {
        write(target, conf, out -> out.write(bytes));
    }

    public static void write(Path target, Configuration conf, Content content) {
        var local = Storage.local(target, conf);
        try {
            if (local.isPresent()) {
                writeLocal(local.get(), content);
            } else {
                writeRemote(Storage.fileSystem(target, conf), target, content);
            }
        } catch (IOException e) {
            throw Storage.failure("write", target.toString(), e);
        }
    }

    /**
     * A folder that appears with all its files. One that is already there is moved aside first, because no file system
     * renames over a full folder; it comes back when the new one cannot take its place.
     */
    public static void writeFolder(Path target, Configuration conf, FolderContent content) {
        FileSystem fileSystem = Storage.fileSystem(target, conf);
        Path temporary = beside(target);
        try {
            makeFolder(fileSystem, temporary, conf);
            content.fill(temporary);
            if (fileSystem.exists(target)) {
                exchange(fileSystem, temporary, target);
            } else {
                move(fileSystem, temporary, target);
            }
        } catch (IOException e) {
            throw Storage.failure("write", target.toString(), e);
        } finally {
            deleteQuietly(fileSystem, temporary);
        }
    }

    private static void exchange(FileSystem fileSystem, Path replacement, Path target) throws IOException {
        Path old = beside(target);
        move(fileSystem, target, old);
        try {
            move(fileSystem, replacement, target);
        } catch (IOException e) {
            move(fileSystem, old, target);
            throw e;
        }
        deleteQuietly(fileSystem, old);
    }

    /** Hadoop says false where {@code java.nio} says why. */
    private static void makeFolder(FileSystem fileSystem, Path folder, Configuration conf) throws IOException {
        var local = Storage.local(folder, conf);
        if (local.isPresent()) {
            Files.createDirectories(local.get());
        } else if (!fileSystem.mkdirs(folder)) {
            throw new IOException("the folder cannot be made");
        }
    }

    private static void writeLocal(java.nio.file.Path target, Content content) throws IOException {
        java.nio.file.Path parent = target.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        java.nio.file.Path temporary =
                parent.resolve(hiddenName(target.getFileName().toString()));
        try {
            try (FileOutputStream file = new FileOutputStream(temporary.toFile());
                    OutputStream out = new BufferedOutputStream(file, BUFFER)) {
                content.writeTo(out);
                out.flush();
                file.getFD().sync();
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncFolder(parent);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void writeRemote(FileSystem fileSystem, Path target, Content content) throws IOException {
        Path temporary = beside(target);
        try {
            try (FSDataOutputStream file = fileSystem.create(temporary, false)) {
                content.writeTo(file);
                if (file.hasCapability("hsync")) {
                    file.hsync();
                }
            }
            replace(fileSystem, temporary, target);
        } finally {
            deleteQuietly(fileSystem, temporary);
        }
    }

    /** Plain {@code FileSystem.rename} refuses an existing target, so the overwriting rename of FileContext is used. */
    private static void replace(FileSystem fileSystem, Path from, Path to) throws IOException {
        try {
            FileContext.getFileContext(fileSystem.getUri(), fileSystem.getConf())
                    .rename(fileSystem.makeQualified(from), fileSystem.makeQualified(to), Options.Rename.OVERWRITE);
        } catch (UnsupportedFileSystemException e) {
            fileSystem.delete(to, false);
            move(fileSystem, from, to);
        }
    }

    private static void move(FileSystem fileSystem, Path from, Path to) throws IOException {
        if (!fileSystem.rename(from, to)) {
            throw new IOException("cannot rename " + from + " to " + to);
        }
    }

    private static Path beside(Path target) {
        return new Path(target.getParent(), hiddenName(target.getName()));
    }

    private static String hiddenName(String name) {
        return "." + name + "." + UUID.randomUUID().toString().substring(0, 8) + ".tmp";
    }

    /** Makes the rename itself durable; some file systems cannot open a folder, and then it is left to them. */
    private static void syncFolder(java.nio.file.Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            return;
        }
    }

    /** The failure being reported is the one that matters, not that of the tidying after it. */
    private static void deleteQuietly(FileSystem fileSystem, Path temporary) {
        try {
            fileSystem.delete(temporary, true);
        } catch (IOException e) {
            return;
        }
    }
}
