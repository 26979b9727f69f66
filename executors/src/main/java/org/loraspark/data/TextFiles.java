package org.loraspark.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.loraspark.UserError;

/** Whole files of any Hadoop file system; text is UTF-8, with or without a byte-order mark. */
public final class TextFiles {
    private TextFiles() {}

    public static byte[] bytes(FileSystem fileSystem, Path path) {
        try (FSDataInputStream in = fileSystem.open(path)) {
            return in.readAllBytes();
        } catch (org.apache.hadoop.security.AccessControlException e) {
            throw new UserError("cannot read " + path + ": permission denied", e);
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("Permission denied")) {
                throw new UserError("cannot read " + path + ": permission denied", e);
            }
            throw new UncheckedIOException("cannot read " + path, e);
        }
    }

    public static String text(FileSystem fileSystem, Path path) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes(fileSystem, path)))
                    .toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new UserError(path + " is not UTF-8 text; save it as UTF-8", e);
        }
    }
}
