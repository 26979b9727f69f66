package org.loraspark.io;

import java.io.Serializable;
import java.util.Arrays;

/**
 * A decoded picture.
 *
 * @param rgb {@code [height, width, 3]}, red first, 0 to 255
 */
public record RgbImage(int width, int height, byte[] rgb) implements Serializable {
    public RgbImage {
        if (width < 1 || height < 1 || rgb.length != Math.multiplyExact(3, Math.multiplyExact(width, height))) {
            throw new IllegalArgumentException(width + "x" + height + " pixels do not have " + rgb.length + " bytes");
        }
    }

    /** A channel's value, 0 to 255; channel 0 is red. */
    public int at(int x, int y, int channel) {
        return rgb[(y * width + x) * 3 + channel] & 0xff;
    }

    /** Mirrored left to right. */
    public RgbImage flip() {
        return oriented(2);
    }

    /** Turned and mirrored as EXIF orientation 1 to 8 asks for, so that it stands upright. */
    RgbImage oriented(int orientation) {
        if (orientation == 1) {
            return this;
        }
        boolean transposed = orientation >= 5;
        int newWidth = transposed ? height : width;
        int newHeight = transposed ? width : height;
        byte[] turned = new byte[rgb.length];
        for (int y = 0; y < newHeight; y++) {
            for (int x = 0; x < newWidth; x++) {
                int column = transposed ? y : x;
                int row = transposed ? x : y;
                if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
                    column = width - 1 - column;
                }
                if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
                    row = height - 1 - row;
                }
                System.arraycopy(rgb, (row * width + column) * 3, turned, (y * newWidth + x) * 3, 3);
            }
        }
        return new RgbImage(newWidth, newHeight, turned);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RgbImage that && width == that.width && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(rgb);
    }
}
