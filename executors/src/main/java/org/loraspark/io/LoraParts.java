package org.loraspark.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Shapes;

/**
 * Gathers the tensors of an adapter file module by module, in whatever spelling, and makes the layout and the flat
 * vector of them. Matrices may be stored as {@code [r, c]} or {@code [r, c, 1, 1]}, whatever the layer.
 */
final class LoraParts {
    /** What a tensor is to its module. */
    enum Part {
        DOWN,
        UP,
        ALPHA
    }

    /** A tensor's place: which module, and what it is there. */
    record Slot(String module, Part part) {}

    private static final class Parts {
        private HostTensor down;
        private HostTensor up;
        private HostTensor alpha;
    }

    private final String file;
    private final Map<String, Parts> modules = new LinkedHashMap<>();

    LoraParts(String file) {
        this.file = file;
    }

    void put(Slot slot, HostTensor tensor) {
        Parts parts = modules.computeIfAbsent(slot.module(), name -> new Parts());
        HostTensor before = switch (slot.part()) {
            case DOWN -> parts.down;
            case UP -> parts.up;
            case ALPHA -> parts.alpha;
        };
        if (before != null) {
            throw new CorruptFileException(file, "it holds " + slot.part() + " of " + slot.module() + " twice");
        }
        switch (slot.part()) {
            case DOWN -> parts.down = tensor;
            case UP -> parts.up = tensor;
            case ALPHA -> parts.alpha = tensor;
        }
    }

    DType dtype() {
        return modules.values().iterator().next().down.dtype();
    }

    /** @param missingAlpha alpha of a module and its rank, where the file has no tensor for it */
    LoraWeights weights(ToDoubleBiFunction<String, Integer> missingAlpha) {
        List<LoraModule> list = new ArrayList<>();
        modules.forEach((name, parts) -> list.add(module(name, parts, missingAlpha)));
        LoraLayout layout = new LoraLayout(list);
        float[] values = new float[layout.size()];
        for (int i = 0; i < list.size(); i++) {
            Parts parts = modules.get(list.get(i).name());
            float[] down = parts.down.toFloats();
            float[] up = parts.up.toFloats();
            System.arraycopy(down, 0, values, layout.downOffset(i), down.length);
            System.arraycopy(up, 0, values, layout.upOffset(i), up.length);
        }
        return new LoraWeights(layout, values);
    }

    private LoraModule module(String name, Parts parts, ToDoubleBiFunction<String, Integer> missingAlpha) {
        if (parts.down == null || parts.up == null) {
            throw new CorruptFileException(file, "module " + name + " lacks its down or its up matrix");
        }
        long[] down = matrix(name, parts.down);
        long[] up = matrix(name, parts.up);
        if (down[0] != up[1] || down[0] < 1) {
            throw new CorruptFileException(
                    file,
                    "the ranks of module " + name + " differ: down " + Shapes.toString(down) + ", up "
                            + Shapes.toString(up));
        }
        int rank = Math.toIntExact(down[0]);
        double alpha = 0;
        if (parts.alpha != null) {
            if (parts.alpha.size() != 1) {
                throw new CorruptFileException(file, "alpha of module " + name + " is no single number");
            }
            alpha = parts.alpha.toFloats()[0];
        }
        if (parts.alpha == null) {
            alpha = missingAlpha.applyAsDouble(name, rank);
        } else if (alpha == 0) {
            // As kohya's trainer reads it.
            alpha = rank;
        }
        return new LoraModule(name, LoraNames.kind(name), down[1], up[0], rank, alpha);
    }

    private long[] matrix(String name, HostTensor tensor) {
        long[] shape = tensor.shape();
        boolean matrix = shape.length == 2 || shape.length == 4 && shape[2] == 1 && shape[3] == 1;
        if (!matrix || !tensor.dtype().isFloat()) {
            throw new CorruptFileException(
                    file, "module " + name + " has a " + tensor.dtype() + " matrix of shape " + Shapes.toString(shape));
        }
        return new long[] {shape[0], shape[1]};
    }
}
