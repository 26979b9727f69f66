package org.loraspark.models.blip;

import java.util.List;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.KeyValues;
import org.loraspark.tensor.Tensor;

/**
 * What the text decoder remembers of one batch of pictures: the image's keys and values of each cross-attention, and
 * those of every token that it has read, a row for each. A sequence knows its rows, so sequences that begin alike share
 * them and nothing moves when a beam search drops one. It lives in the scope that made it.
 */
public final class DecoderMemory {
    /**
     * One layer's share.
     *
     * @param image of the pictures
     * @param keys {@code [rows, dim]}
     */
    record Layer(KeyValues image, Tensor keys, Tensor values) {
        Layer drop(Engine engine, int i) {
            return new Layer(image.drop(engine, i), keys, values);
        }
    }

    private List<Layer> layers;
    private final int capacity;
    private int rows;

    DecoderMemory(List<Layer> layers, int capacity) {
        this.layers = layers;
        this.capacity = capacity;
    }

    /** Rows in use, which is also the first row of what is read next. */
    public int rows() {
        return rows;
    }

    List<Layer> layers() {
        return layers;
    }

    /** Forgets picture {@code i}; the last one takes its place. */
    public void drop(Engine engine, int i) {
        layers = layers.stream().map(layer -> layer.drop(engine, i)).toList();
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
