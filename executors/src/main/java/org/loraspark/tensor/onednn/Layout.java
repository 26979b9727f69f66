package org.loraspark.tensor.onednn;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.BytePointer;

/** A memory descriptor with a number, the same for equal descriptors in a process. */
record Layout(int id, memory.desc desc) {
    private static final Map<String, Layout> KNOWN = new ConcurrentHashMap<>();

    static Layout of(memory.desc desc) {
        String content;
        try (BytePointer blob = desc.get_blob()) {
            byte[] bytes = new byte[(int) blob.limit()];
            blob.get(bytes);
            content = Arrays.toString(bytes);
        }
        return KNOWN.computeIfAbsent(content, c -> new Layout(KNOWN.size() + 1, desc));
    }
}
