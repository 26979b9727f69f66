package org.loraspark.config;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;

/** Reads a config file's text from any Hadoop path. */
final class ConfigFile {
    private static final long MAX_BYTES = 1 << 20;

    private ConfigFile() {}

    static String read(String name) {
        try {
            Path path = new Path(name);
            FileSystem fs = path.getFileSystem(new Configuration());
            FileStatus status = fs.getFileStatus(path);
            if (status.isDirectory()) {
                throw new UserError("the config " + name + " is a folder; --config takes a .conf or .yaml file");
            }
            if (status.getLen() > MAX_BYTES) {
                throw new UserError("the config " + name + " is " + status.getLen()
                        + " bytes long, more than any config; --config takes a .conf or .yaml file");
            }
            try (InputStream in = fs.open(path)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (FileNotFoundException e) {
            throw new UserError(
                    "there is no config file " + name
                            + "; --config takes a .conf or .yaml file, see conf/ for examples",
                    e);
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError(
                    "cannot read the config " + name + ": "
                            + String.valueOf(e.getMessage()).replaceAll("\\s+", " "),
                    e);
        }
    }
}
