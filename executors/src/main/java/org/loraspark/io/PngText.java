package org.loraspark.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * A text inside a PNG file, right behind the header (PNG specification, 11.3.3): a {@code tEXt} chunk in Latin-1, or an
 * uncompressed {@code iTXt} chunk in UTF-8 for a text with other characters.
 */
public final class PngText {
    /** Signature, and the IHDR chunk of length, type, 13 bytes and checksum. */
    private static final int HEADER = 8 + 4 + 4 + 13 + 4;

    private PngText() {}

    /**
     * The same picture with a text.
     *
     * @param keyword in Latin-1, 1 to 79 characters
     */
    public static byte[] add(byte[] png, String keyword, String text) {
        boolean latin = StandardCharsets.ISO_8859_1.newEncoder().canEncode(text);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        data.writeBytes(keyword.getBytes(StandardCharsets.ISO_8859_1));
        data.write(0);
        if (!latin) {
            // Not compressed, no method, no language, no translated keyword.
            data.writeBytes(new byte[4]);
        }
        data.writeBytes(text.getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8));
        byte[] chunk = chunk(latin ? "tEXt" : "iTXt", data.toByteArray());
        return ByteBuffer.allocate(png.length + chunk.length)
                .put(png, 0, HEADER)
                .put(chunk)
                .put(png, HEADER, png.length - HEADER)
                .array();
    }

    private static byte[] chunk(String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 checksum = new CRC32();
        checksum.update(name);
        checksum.update(data);
        return ByteBuffer.allocate(12 + data.length)
                .putInt(data.length)
                .put(name)
                .put(data)
                .putInt((int) checksum.getValue())
                .array();
    }
}
