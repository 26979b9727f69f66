package org.loraspark.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * What a picture file says of itself before its pixels are decoded. Reading it walks the whole container, so that a file
 * that ends too early is noticed; decoders fill the missing part with grey instead.
 *
 * @param format {@code JPEG}, {@code PNG}, {@code WebP} or {@code BMP}
 * @param width as stored, before the orientation is applied
 * @param height as stored, before the orientation is applied
 * @param orientation EXIF's 1 to 8; 5 to 8 swap width and height
 */
public record ImageHeader(String format, int width, int height, int orientation) {
    /** Width of the picture that stands upright. */
    public int uprightWidth() {
        return orientation >= 5 ? height : width;
    }

    /** Height of the picture that stands upright. */
    public int uprightHeight() {
        return orientation >= 5 ? width : height;
    }

    /** Reads the header of a whole file's bytes; {@code name} is for the message of a refusal. */
    public static ImageHeader read(byte[] bytes, String name) {
        if (bytes.length == 0) {
            throw new BrokenImageException(name, "the file is empty");
        }
        ImageHeader header;
        try {
            header = read(ByteBuffer.wrap(bytes));
        } catch (Refused e) {
            throw new BrokenImageException(name, e.getMessage());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new BrokenImageException(name, "the file is truncated");
        }
        if (header.width < 1 || header.height < 1) {
            throw new BrokenImageException(name, "its header gives no size");
        }
        return header;
    }

    private static ImageHeader read(ByteBuffer file) throws Refused {
        String magic = ascii(file, 0, Math.min(12, file.capacity()));
        if (magic.startsWith("\u00ff\u00d8\u00ff")) {
            return readJpeg(file);
        }
        if (magic.startsWith("\u0089PNG\r\n\u001a\n")) {
            return readPng(file);
        }
        if (magic.startsWith("RIFF") && magic.endsWith("WEBP")) {
            return readWebp(file.order(ByteOrder.LITTLE_ENDIAN));
        }
        if (magic.startsWith("BM")) {
            return readBmp(file.order(ByteOrder.LITTLE_ENDIAN));
        }
        String kind = magic.startsWith("GIF8")
                ? "a GIF"
                : magic.startsWith("II*") || magic.startsWith("MM\0*")
                        ? "a TIFF"
                        : magic.startsWith("ftyp", 4) ? "a HEIC or AVIF file" : "no picture";
        throw new Refused("it is " + kind + "; JPEG, PNG, WebP and BMP are read");
    }

    /** Segments up to the end marker; between SOS and the next marker lies entropy-coded data. */
    private static ImageHeader readJpeg(ByteBuffer file) throws Refused {
        int width = 0;
        int height = 0;
        int orientation = 1;
        int at = 2;
        while (true) {
            at = nextMarker(file, at);
            int marker = file.get(at + 1) & 0xff;
            at += 2;
            if (marker == 0xd9) {
                return new ImageHeader("JPEG", width, height, orientation);
            }
            if (marker == 0xd8 || marker == 0x01) {
                continue;
            }
            int length = file.getShort(at) & 0xffff;
            boolean startOfFrame =
                    marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
            if (startOfFrame) {
                height = file.getShort(at + 3) & 0xffff;
                width = file.getShort(at + 5) & 0xffff;
            } else if (marker == 0xe1 && length > 8 && ascii(file, at + 2, 6).equals("Exif\0\0")) {
                orientation = exifOrientation(file.slice(at + 8, length - 8));
            }
            at += length;
        }
    }

    /** Skips stuffed zeros, restart markers, fill bytes and what lies before a marker. */
    private static int nextMarker(ByteBuffer file, int from) throws Refused {
        for (int at = from; at + 1 < file.capacity(); at++) {
            if (file.get(at) == (byte) 0xff) {
                int marker = file.get(at + 1) & 0xff;
                if (marker != 0 && marker != 0xff && (marker < 0xd0 || marker > 0xd7)) {
                    return at;
                }
            }
        }
        throw new Refused("the file is truncated (the JPEG has no end marker)");
    }

    private static ImageHeader readPng(ByteBuffer file) throws Refused {
        int orientation = 1;
        for (int at = 8; ; ) {
            int length = file.getInt(at);
            String type = ascii(file, at + 4, 4);
            ByteBuffer data = file.slice(at + 8, length);
            CRC32 crc = new CRC32();
            crc.update(file.slice(at + 4, length + 4));
            boolean critical = Character.isUpperCase(type.charAt(0));
            if (critical && (int) crc.getValue() != file.getInt(at + 8 + length)) {
                throw new Refused("the PNG's " + type + " block is damaged");
            }
            if (type.equals("eXIf")) {
                orientation = exifOrientation(data);
            } else if (type.equals("IEND")) {
                return new ImageHeader("PNG", file.getInt(16), file.getInt(20), orientation);
            }
            at += length + 12;
        }
    }

    private static ImageHeader readWebp(ByteBuffer file) throws Refused {
        long end = 8 + (file.getInt(4) & 0xffffffffL);
        if (end > file.capacity()) {
            throw new Refused("the file is truncated");
        }
        int width = 0;
        int height = 0;
        int orientation = 1;
        for (int at = 12; at + 8 <= end; ) {
            String type = ascii(file, at, 4);
            int length = file.getInt(at + 4);
            int data = at + 8;
            if (type.equals("EXIF")) {
                // Some writers repeat the JPEG prefix.
                int skip = length > 6 && ascii(file, data, 6).equals("Exif\0\0") ? 6 : 0;
                orientation = exifOrientation(file.slice(data + skip, length - skip));
            } else if (type.equals("VP8X")) {
                width = 1 + (file.getInt(data + 4) & 0xffffff);
                height = 1 + (file.getInt(data + 6) >>> 8);
            } else if (width == 0 && type.equals("VP8 ")) {
                width = file.getShort(data + 6) & 0x3fff;
                height = file.getShort(data + 8) & 0x3fff;
            } else if (width == 0 && type.equals("VP8L")) {
                int bits = file.getInt(data + 1);
                width = 1 + (bits & 0x3fff);
                height = 1 + (bits >>> 14 & 0x3fff);
            }
            at = Math.addExact(data, length + (length & 1));
            if (length < 0) {
                throw new Refused("a block of the WebP has a wrong length");
            }
        }
        return new ImageHeader("WebP", width, height, orientation);
    }

    private static ImageHeader readBmp(ByteBuffer file) throws Refused {
        int infoSize = file.getInt(14);
        if (infoSize == 12) {
            return new ImageHeader("BMP", file.getShort(18) & 0xffff, file.getShort(20) & 0xffff, 1);
        }
        int width = file.getInt(18);
        int height = Math.abs(file.getInt(22));
        boolean uncompressed = file.getInt(30) == 0;
        long rowBytes = ((file.getShort(28) & 0xffffL) * width + 31) / 32 * 4;
        if (uncompressed && file.getInt(10) + rowBytes * height > file.capacity()) {
            throw new Refused("the file is truncated");
        }
        return new ImageHeader("BMP", width, height, 1);
    }

    /** Tag 0x0112 of the first directory of a TIFF block; 1 when it is absent or senseless. */
    private static int exifOrientation(ByteBuffer tiff) {
        if (tiff.capacity() < 8) {
            return 1;
        }
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        if (directory < 8 || directory > tiff.capacity() - 2) {
            return 1;
        }
        int entries = tiff.getShort(directory) & 0xffff;
        for (int i = 0; i < entries && directory + 2 + 12 * (i + 1) <= tiff.capacity(); i++) {
            int entry = directory + 2 + 12 * i;
            if ((tiff.getShort(entry) & 0xffff) == 0x0112) {
                int value = tiff.getShort(entry + 8) & 0xffff;
                return value >= 1 && value <= 8 ? value : 1;
            }
        }
        return 1;
    }

    private static String ascii(ByteBuffer file, int at, int length) {
        byte[] text = new byte[length];
        file.get(at, text);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }
}
