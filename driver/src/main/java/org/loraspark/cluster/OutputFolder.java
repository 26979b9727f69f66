package org.loraspark.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;
import org.loraspark.io.AtomicFiles;
import org.loraspark.io.Storage;

/** Whether a folder takes what a run will write, found out before the run. */
public final class OutputFolder {
    private static final byte[] PROBE = new byte[64 * 1024];

    private OutputFolder() {}

    /**
     * Writes and removes a small file, and compares the free space with the need.
     *
     * @param key the folder's name in the config, for the message
     * @throws UserError when the folder cannot be made or written, or has too little room
     */
    public static void requireWritable(String key, Path folder, Configuration conf, long bytesNeeded) {
        FileSystem fileSystem = Storage.fileSystem(folder, conf);
        Path probe = new Path(folder, ".probe-" + UUID.randomUUID());
        try {
            List<Path> made = missing(fileSystem, folder);
            AtomicFiles.write(probe, conf, PROBE);
            fileSystem.delete(probe, false);
            FsStatus status = fileSystem.getStatus(folder);
            // A check leaves nothing behind; a folder that has been filled meanwhile is not deleted.
            for (Path path : made) {
                if (fileSystem.listStatus(path).length == 0) {
                    fileSystem.delete(path, false);
                }
            }
            // Object stores report no size.
            if (status.getCapacity() > 0 && status.getRemaining() < bytesNeeded) {
                throw new UserError(key + " = " + folder + " has " + megabytes(status.getRemaining())
                        + " free and this run writes about " + megabytes(bytesNeeded)
                        + "; free some space or choose another folder");
            }
        } catch (UserError e) {
            throw e.getMessage().startsWith(key)
                    ? e
                    : new UserError(key + " = " + folder + " cannot be used: " + e.getMessage(), e);
        } catch (IOException | UncheckedIOException e) {
            throw new UserError(key + " = " + folder + " cannot be used: " + rootMessage(e), e);
        }
    }

    /** The folder and those above it that are not there, the innermost first. */
    private static List<Path> missing(FileSystem fileSystem, Path folder) throws IOException {
        List<Path> missing = new ArrayList<>();
        for (Path path = folder; path != null && !fileSystem.exists(path); path = path.getParent()) {
            missing.add(path);
        }
        return missing;
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    private static String megabytes(long bytes) {
        return Math.max(1, bytes >> 20) + " MB";
    }
}
