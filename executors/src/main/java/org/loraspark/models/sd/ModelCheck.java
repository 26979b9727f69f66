package org.loraspark.models.sd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.loraspark.UserError;
import org.loraspark.io.TensorInfo;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Weights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.meta.MetaEngine;

/** Compares what a model needs with what its files hold, before any weight is read. */
final class ModelCheck {
    private static final int NAMED = 10;
    private static final Set<String> FLOATS = Set.of("F16", "BF16", "F32", "F64");

    private ModelCheck() {}

    /** Names and shapes of the weights that a model asks for, in its order. */
    static Map<String, long[]> needed(Consumer<Layers> model) {
        Map<String, long[]> needed = new LinkedHashMap<>();
        Weights recorder = (name, shape) -> {
            needed.put(name, shape);
            return MetaEngine.placeholder(shape);
        };
        model.accept(new Layers(new MetaEngine(DType.F32), recorder, ""));
        return needed;
    }

    /**
     * @param where the model's path, for the message
     * @throws UserError that lists the first ten tensors which are missing, misshapen, unreadable or unknown, and says
     *     what the files look like
     */
    static void requireComplete(String where, ModelFiles files, Map<Component, Map<String, long[]>> needed) {
        List<String> missing = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        needed.forEach((component, tensors) -> {
            tensors.forEach((name, shape) -> {
                String title = component.title() + " " + name;
                if (!files.contains(component, name)) {
                    missing.add(title);
                    return;
                }
                TensorInfo info = files.info(component, name);
                if (!ModelFiles.fits(info.shape(), shape)) {
                    misshapen.add(
                            title + " is " + Shapes.toString(info.shape()) + " instead of " + Shapes.toString(shape));
                } else if (!FLOATS.contains(info.dtype())) {
                    unreadable.add(title + " is " + info.dtype());
                }
            });
            files.names(component).stream()
                    .filter(name -> !tensors.containsKey(name))
                    .forEach(name -> unknown.add(component.title() + " " + name));
        });
        unknown.addAll(files.unknown());
        List<String> problems = new ArrayList<>();
        describe(problems, "missing", missing);
        describe(problems, "of another shape", misshapen);
        describe(problems, "not F16, BF16 or F32", unreadable);
        describe(problems, "not part of the model", unknown);
        if (!problems.isEmpty()) {
            throw new UserError(where + " is not a Stable Diffusion 1.x model (" + ModelKind.guess(files) + "): "
                    + String.join("; ", problems));
        }
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
