package org.loraspark.io;

import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Hashes of a safetensors file that streams through: SHA-256 of the data behind the header, and the old one of web user
 * interfaces, the first eight digits of SHA-256 over 64 KiB from offset 1 MiB (of nothing in a smaller file).
 */
final class SafetensorsHash extends OutputStream {
    private static final long LEGACY_BEGIN = 0x100000;
    private static final long LEGACY_END = LEGACY_BEGIN + 0x10000;

    private final MessageDigest data = sha256();
    private final MessageDigest legacy = sha256();
    private long headerLength;
    private long position;

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        for (int i = 0; i < length && position + i < 8; i++) {
            headerLength |= (bytes[offset + i] & 0xffL) << 8 * (position + i);
        }
        update(legacy, bytes, offset, length, LEGACY_BEGIN, LEGACY_END);
        if (position + length > 8) {
            update(data, bytes, offset, length, 8 + headerLength, Long.MAX_VALUE);
        }
        position += length;
    }

    private void update(MessageDigest digest, byte[] bytes, int offset, int length, long begin, long end) {
        int from = (int) Math.min(length, Math.max(0, begin - position));
        int to = (int) Math.max(from, Math.min(length, end - position));
        digest.update(bytes, offset + from, to - from);
    }

    /** May be asked once. */
    String ofData() {
        return HexFormat.of().formatHex(data.digest());
    }

    /** May be asked once. */
    String legacy() {
        return HexFormat.of().formatHex(legacy.digest()).substring(0, 8);
    }
}
