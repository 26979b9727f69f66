package org.loraspark.io;

import java.util.ArrayList;
import java.util.Map;
import org.loraspark.UserError;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.tensor.DType;

/**
 * An adapter as it was found in a file.
 *
 * @param path where it was read from
 * @param dialect how its keys are spelled
 * @param dtype type of the stored matrices (the first one's, should they differ)
 * @param weights modules in the order of their names in the file
 * @param metadata the file's own, {@code ss_*} and the like
 */
public record LoraFile(String path, Dialect dialect, DType dtype, LoraWeights weights, Map<String, String> metadata) {
    /** Spelling of the keys. */
    public enum Dialect {
        KOHYA,
        PEFT
    }

    /** The parameters in a training run's order; every module must be there with the same shapes and scale. */
    public LoraWeights arrangedAs(LoraLayout layout) {
        LoraLayout found = weights.layout();
        if (found.modules().size() != layout.modules().size()) {
            throw new UserError(path + " adapts " + found.modules().size() + " modules, this run needs "
                    + layout.modules().size() + "; check lora.text-encoder");
        }
        float[] values = new float[layout.size()];
        var problems = new ArrayList<String>();
        for (int i = 0; i < layout.modules().size(); i++) {
            LoraModule wanted = layout.modules().get(i);
            int from = found.indexOf(wanted.name());
            if (from < 0) {
                problems.add(wanted.name() + " is missing");
                continue;
            }
            LoraModule module = found.modules().get(from);
            if (module.in() != wanted.in() || module.out() != wanted.out() || module.rank() != wanted.rank()) {
                problems.add(wanted.name() + " is " + shape(module) + ", not " + shape(wanted));
            } else if (Math.abs(module.alpha() - wanted.alpha()) > 1e-2 * Math.abs(wanted.alpha())) {
                problems.add(wanted.name() + " has alpha " + module.alpha() + ", not " + wanted.alpha());
            } else {
                System.arraycopy(
                        weights.values(),
                        found.downOffset(from),
                        values,
                        layout.downOffset(i),
                        Math.toIntExact(module.parameters()));
            }
        }
        if (!problems.isEmpty()) {
            throw new UserError(path + " does not fit this run: "
                    + String.join("; ", problems.subList(0, Math.min(10, problems.size()))));
        }
        return new LoraWeights(layout, values);
    }

    private static String shape(LoraModule module) {
        return module.in() + " to " + module.out() + " of rank " + module.rank();
    }
}
