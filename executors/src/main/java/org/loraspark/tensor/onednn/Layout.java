package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.memory;

/**
 * A memory descriptor with a number, one object for equal descriptors in a process. Equality is oneDNN's to say: the
 * bytes of equal descriptors may differ in what they leave unset. A filter may also be laid out row by row: each row of
 * its kernel is an array of its own, in the descriptor's layout, and the arrays follow each other.
 */
final class Layout {
    private static final Map<Long, List<Layout>> KNOWN_BY_SIZE = new HashMap<>();
    private static int known;

    private final int id;
    private final memory.desc desc;
    private final int rows;

    private Layout(int id, memory.desc desc, int rows) {
        this.id = id;
        this.desc = desc;
        this.rows = rows;
    }

    static Layout of(memory.desc desc) {
        return of(desc, 1);
    }

    /** @param desc of one row, {@code [out, in, 1, kernel]} */
    static Layout rows(memory.desc desc, int rows) {
        return of(desc, rows);
    }

    private static Layout of(memory.desc desc, int rows) {
        synchronized (KNOWN_BY_SIZE) {
            List<Layout> candidates = KNOWN_BY_SIZE.computeIfAbsent(desc.get_size(), size -> new ArrayList<>());
            for (Layout candidate : candidates) {
                if (candidate.rows == rows && candidate.desc.equals(desc)) {
                    return candidate;
                }
            }
            known++;
            Layout layout = new Layout(known, desc, rows);
            candidates.add(layout);
            return layout;
        }
    }

    int id() {
        return id;
    }

    /** Of the array, or of each row. */
    memory.desc desc() {
        return desc;
    }

    /** How many arrays follow each other. */
    int rows() {
        return rows;
    }

    /** Of all rows. */
    long bytes() {
        return rows * rowBytes();
    }

    long rowBytes() {
        return desc.get_size();
    }
}
