package org.loraspark.models.blip;

import java.util.List;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.PackedStates;
import org.loraspark.tensor.Tensor;

/**
 * What the text decoder remembers of one batch of pictures: their states, and in each layer the key and the value of
 * every token that it has read, a row for each. A sequence knows its rows, so sequences that begin alike share them and
 * nothing moves when a beam search drops one. It lives in the scope that made it.
 */
public final class DecoderMemory {
    /** One layer's share, each {@code [rows, dim]}. */
    record Layer(Tensor keys, Tensor values) {}

    private final List<Layer> layers;
    private PackedStates image;
    private final int capacity;
    private int rows;

    DecoderMemory(PackedStates image, List<Layer> layers, int capacity) {
        this.image = image;
        this.layers = layers;
        this.capacity = capacity;
    }

    /** Rows in use, which is also the first row of what is read next. */
    public int rows() {
        return rows;
    }

    /** Of the pictures. */
    PackedStates image() {
        return image;
    }

    List<Layer> layers() {
        return layers;
    }

    /** Forgets picture {@code i}; the last one takes its place. */
    public void drop(Engine engine, int i) {
        image = image.drop(engine, i);
    }

    /** Takes rows for the tokens that are read now. */
    void take(int count) {
        if (rows + count > capacity) {
            throw new IllegalStateException("no room for " + count + " tokens after " + rows + " of " + capacity);
        }
        rows += count;
    }

    /** Copies {@code [n, dim]} to the table's rows from {@code first} on. */
    static void store(Engine engine, Tensor values, Tensor table, int first) {
        engine.copy(values, table.slice(first * table.dim(1), values.size()));
    }
}
