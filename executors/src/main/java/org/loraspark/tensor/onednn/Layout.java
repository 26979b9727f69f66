package org.loraspark.tensor.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.memory;

/**
 * A memory descriptor with a number, one object for equal descriptors in a process. Equality is oneDNN's to say: the
 * bytes of equal descriptors may differ in what they leave unset.
 */
final class Layout {
    private static final Map<Long, List<Layout>> KNOWN_BY_SIZE = new HashMap<>();
    private static int known;

    private final int id;
    private final memory.desc desc;

    private Layout(int id, memory.desc desc) {
        this.id = id;
        this.desc = desc;
    }

    static Layout of(memory.desc desc) {
        synchronized (KNOWN_BY_SIZE) {
            List<Layout> candidates = KNOWN_BY_SIZE.computeIfAbsent(desc.get_size(), size -> new ArrayList<>());
            for (Layout candidate : candidates) {
                if (candidate.desc.equals(desc)) {
                    return candidate;
                }
            }
            known++;
            Layout layout = new Layout(known, desc);
            candidates.add(layout);
            return layout;
        }
    }

    int id() {
        return id;
    }

    memory.desc desc() {
        return desc;
    }
}
