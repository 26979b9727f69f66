package org.loraspark.io;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * How web user interfaces name a base model.
 *
 * @param legacy first eight digits of SHA-256 over 64 KiB from offset 1 MiB
 * @param sha256 of the whole file
 */
public record ModelHash(String legacy, String sha256) {
    /** Reads the whole file once. */
    public static ModelHash of(Path file, Configuration conf) {
        MessageDigest whole = SafetensorsHash.sha256();
        byte[] buffer = new byte[1 << 20];
        try (InputStream in = Storage.fileSystem(file, conf).open(file);
                SafetensorsHash legacy = new SafetensorsHash()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                whole.update(buffer, 0, read);
                legacy.write(buffer, 0, read);
            }
            return new ModelHash(legacy.legacy(), HexFormat.of().formatHex(whole.digest()));
        } catch (IOException e) {
            throw Storage.failure("read", file.toString(), e);
        }
    }
}
