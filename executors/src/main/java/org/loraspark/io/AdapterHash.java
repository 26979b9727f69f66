package org.loraspark.io;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** How web user interfaces know an adapter: SHA-256 of the bytes behind its header, also kept in its metadata. */
public final class AdapterHash {
    private AdapterHash() {}

    public static String of(LoraFile file, Configuration conf) {
        String stored = file.metadata().get("sshs_model_hash");
        if (stored != null) {
            return stored;
        }
        Path path = new Path(file.path());
        try (InputStream in = Storage.fileSystem(path, conf).open(path);
                SafetensorsHash hash = new SafetensorsHash()) {
            in.transferTo(hash);
            return hash.ofData();
        } catch (IOException e) {
            throw Storage.failure("read", file.path(), e);
        }
    }
}
