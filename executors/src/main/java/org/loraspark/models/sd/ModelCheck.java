package org.loraspark.models.sd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.loraspark.UserError;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Weights;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Shapes;
import org.loraspark.tensor.meta.MetaEngine;

/** Compares what a model needs with what its files hold, before any weight is read. */
final class ModelCheck {
    private static final int NAMED = 10;

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
     * @throws UserError that lists the first ten tensors which are missing, misshapen or unknown, and says what the files
     *     look like
     */
    static void requireComplete(String where, ModelFiles files, Map<Component, Map<String, long[]>> needed) {
        List<String> problems = new ArrayList<>();
        needed.forEach((component, tensors) -> {
            tensors.forEach((name, shape) -> {
                if (!files.contains(component, name)) {
                    problems.add(component.title() + " " + name + " is missing");
                } else if (!ModelFiles.fits(files.info(component, name).shape(), shape)) {
                    problems.add(component.title() + " " + name + " is "
                            + Shapes.toString(files.info(component, name).shape()) + " instead of "
                            + Shapes.toString(shape));
                }
            });
            files.names(component).stream()
                    .filter(name -> !tensors.containsKey(name))
                    .forEach(name -> problems.add(component.title() + " " + name + " is not part of the model"));
        });
        files.unknown().forEach(key -> problems.add(key + " is not part of the model"));
        if (!problems.isEmpty()) {
            throw new UserError(where + " is not a Stable Diffusion 1.x model (" + ModelKind.guess(files) + "): "
                    + String.join("; ", problems.subList(0, Math.min(NAMED, problems.size())))
                    + (problems.size() > NAMED ? "; and " + (problems.size() - NAMED) + " more" : ""));
        }
    }
}
