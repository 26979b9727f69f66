package org.loraspark.config;

import java.io.Serializable;

/** A picture's size in pixels. */
public record Resolution(int width, int height) implements Serializable {
    @Override
    public String toString() {
        return width + "x" + height;
    }
}
