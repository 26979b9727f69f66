package org.loraspark.models;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.loraspark.io.TensorInfo;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Weights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.meta.MetaEngine;

/** Compares what a model needs with what its files hold, before any weight is read, and collects what is wrong. */
public final class WeightCheck {
    private static final int NAMED = 10;
    private static final Set<String> FLOATS = Set.of("F16", "BF16", "F32", "F64");

    private final List<String> missing = new ArrayList<>();
    private final List<String> misshapen = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();

    /** Names and shapes of the weights that a model asks for, in its order. */
    public static Map<String, long[]> needed(Consumer<Layers> model) {
        Map<String, long[]> needed = new LinkedHashMap<>();
        Weights recorder = (name, shape) -> {
            needed.put(name, shape);
            return MetaEngine.placeholder(shape);
        };
        model.accept(new Layers(new MetaEngine(DType.F32), recorder, ""));
        return needed;
    }

    public void missing(String title) {
        missing.add(title);
    }

    public void unknown(String title) {
        unknown.add(title);
    }

    /** Looks at a tensor that is there. */
    public void found(String title, TensorInfo info, long[] needed) {
        if (!Shapes.fits(info.shape(), needed)) {
            misshapen.add(title + " is " + Shapes.toString(info.shape()) + " instead of " + Shapes.toString(needed));
        } else if (!FLOATS.contains(info.dtype())) {
            unreadable.add(title + " is " + info.dtype());
        }
    }

    /** The first ten tensors which are missing, misshapen, unreadable or unknown; empty when all is well. */
    public String problems() {
        List<String> problems = new ArrayList<>();
        describe(problems, "missing", missing);
        describe(problems, "of another shape", misshapen);
        describe(problems, "not F16, BF16 or F32", unreadable);
        describe(problems, "not part of the model", unknown);
        return String.join("; ", problems);
    }

    private static void describe(List<String> problems, String what, List<String> tensors) {
        int n = tensors.size();
        if (n > 0) {
            problems.add(n + (n == 1 ? " tensor is " : " tensors are ") + what + ": "
                    + String.join(", ", tensors.subList(0, Math.min(NAMED, n)))
                    + (n > NAMED ? " and " + (n - NAMED) + " more" : ""));
        }
    }
}
