package org.loraspark.tensor.onednn;

import org.bytedeco.javacpp.FloatPointer;

/** Floats at an address that something else owns. */
final class Window extends FloatPointer {
    Window(long to, long size) {
        address = to;
        limit = size;
        capacity = size;
    }
}
