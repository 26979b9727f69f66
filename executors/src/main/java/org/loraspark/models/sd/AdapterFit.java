package org.loraspark.models.sd;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.loraspark.UserError;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.nn.Layers;

/** Whether an adapter was made for a model like the base: every module is a matrix of it, with the same shape. */
public final class AdapterFit {
    private AdapterFit() {}

    /**
     * @param adapter the file, for the message
     * @throws UserError that names the first module that does not fit
     */
    public static void require(BaseModel base, String adapter, LoraLayout layout) {
        Map<String, Layers.Matrix> targets = LoraTargets.of(base.unetConfig(), base.textEncoderConfig(), true).stream()
                .collect(Collectors.toMap(Layers.Matrix::name, Function.identity()));
        for (LoraModule module : layout.modules()) {
            Layers.Matrix matrix = targets.get(module.name());
            String problem = "";
            if (matrix == null) {
                problem = "it adapts " + module.name() + ", which this model does not have";
            } else if (matrix.in() != module.in() || matrix.out() != module.out()) {
                problem = module.name() + " goes from " + module.in() + " to " + module.out()
                        + " channels in the adapter, from " + matrix.in() + " to " + matrix.out() + " in the model";
            }
            if (!problem.isEmpty()) {
                throw new UserError("the adapter " + adapter + " does not fit the base model " + base.path() + ": "
                        + problem + "; take the base model that it was trained on");
            }
        }
    }
}
