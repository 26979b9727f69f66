package org.loraspark.models.sd;

import java.util.Map;
import org.loraspark.UserError;
import org.loraspark.models.WeightCheck;

/** Compares what the three networks need with what a checkpoint holds. */
final class ModelCheck {
    private ModelCheck() {}

    /**
     * @param where the model's path, for the message
     * @throws UserError that names the tensors which do not fit, and says what the files look like
     */
    static void requireComplete(String where, ModelFiles files, Map<Component, Map<String, long[]>> needed) {
        WeightCheck check = new WeightCheck();
        needed.forEach((component, tensors) -> {
            tensors.forEach((name, shape) -> {
                String title = component.title() + " " + name;
                if (files.contains(component, name)) {
                    check.found(title, files.info(component, name), shape);
                } else {
                    check.missing(title);
                }
            });
            files.names(component).stream()
                    .filter(name -> !tensors.containsKey(name))
                    .forEach(name -> check.unknown(component.title() + " " + name));
        });
        files.unknown().forEach(check::unknown);
        String problems = check.problems();
        if (!problems.isEmpty()) {
            throw new UserError(
                    where + " is not a Stable Diffusion 1.x model (" + ModelKind.guess(files) + "): " + problems);
        }
    }
}
