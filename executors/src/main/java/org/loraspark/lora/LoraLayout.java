package org.loraspark.lora;

import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where each module's matrices lie in one flat vector: module after module, down {@code [rank, in]} and then up {@code
 * [out, rank]}, row-major. One vector is what an optimizer, an average over workers and a checkpoint want.
 */
public final class LoraLayout implements Serializable {
    private static final long serialVersionUID = 1L;

    private final List<LoraModule> modules;
    private final int[] downOffsets;
    private final Map<String, Integer> indexByName = new HashMap<>();
    private final int size;

    public LoraLayout(List<LoraModule> modules) {
        this.modules = List.copyOf(modules);
        this.downOffsets = new int[this.modules.size()];
        int offset = 0;
        for (int i = 0; i < this.modules.size(); i++) {
            LoraModule module = this.modules.get(i);
            if (indexByName.put(module.name(), i) != null) {
                throw new IllegalArgumentException("two LoRA modules are named " + module.name());
            }
            downOffsets[i] = offset;
            offset = Math.addExact(offset, Math.toIntExact(module.parameters()));
        }
        this.size = offset;
    }

    public List<LoraModule> modules() {
        return modules;
    }

    /** Number of trainable parameters. */
    public int size() {
        return size;
    }

    public boolean contains(String name) {
        return indexByName.containsKey(name);
    }

    /** Index in {@link #modules}, or -1. */
    public int indexOf(String name) {
        return indexByName.getOrDefault(name, -1);
    }

    public int downOffset(int module) {
        return downOffsets[module];
    }

    public int upOffset(int module) {
        LoraModule m = modules.get(module);
        return downOffsets[module] + Math.toIntExact(m.rank() * m.in());
    }

    /** The module that a parameter belongs to. */
    public LoraModule moduleOf(int parameter) {
        int found = Arrays.binarySearch(downOffsets, parameter);
        return modules.get(found >= 0 ? found : -found - 2);
    }

    /** One past the module's last parameter. */
    public int end(int module) {
        return downOffsets[module] + Math.toIntExact(modules.get(module).parameters());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LoraLayout that && modules.equals(that.modules);
    }

    @Override
    public int hashCode() {
        return modules.hashCode();
    }
}
