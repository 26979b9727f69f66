package org.loraspark.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.loraspark.io.LoraFile;
import org.loraspark.io.LoraFiles;
import org.loraspark.io.LoraNames;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.lora.RankDropout;
import org.loraspark.models.sd.AdapterFit;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.ChannelOrder;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Scope;

/**
 * One training step on a recorded batch, without dropout: what another implementation is compared with. Gives {@code
 * model_pred} {@code [n, 4, height, width]}, {@code loss} (mean over all elements) and its gradient {@code grad.KEY} for
 * every down and up matrix of the adapter, under kohya's keys and with the shapes of the file.
 */
public final class Replay {
    private final Engine engine;
    private final BaseModel base;

    public Replay(Engine engine, BaseModel base) {
        this.engine = engine;
        this.base = base;
    }

    /**
     * @param loss mean over all elements
     * @param tensors all that is written
     */
    public record Result(double loss, Map<String, HostTensor> tensors) {}

    /** @param clipSkip 1 takes the text encoder's last layer, 2 the one before */
    public Result run(SafetensorsFile adapterFile, SafetensorsFile batchFile, int clipSkip) {
        LoraFile adapter = LoraFiles.read(adapterFile);
        LoraLayout layout = adapter.weights().layout();
        AdapterFit.require(base, adapter.path(), layout);
        DiffusionBatch batch = ReplayBatch.read(batchFile, base);
        try (Scope scope = engine.scope()) {
            LoraAdapters adapters = new LoraAdapters(engine, layout);
            adapters.load(adapter.weights().values());
            DiffusionStep.Result step = new DiffusionStep(
                            engine, DiffusionModel.load(base, engine, clipSkip), adapters, false)
                    .forwardBackward(batch, 1.0 / batch.size(), RankDropout.NONE);
            double loss = Arrays.stream(step.losses()).average().orElseThrow();
            if (!Double.isFinite(loss)) {
                throw new ArithmeticException("the loss is not finite; the adapter's weights may be too large");
            }
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            tensors.put("loss", HostTensor.of(new float[] {(float) loss}));
            tensors.put(
                    "model_pred", ChannelOrder.toFirst(step.prediction(), batch.size(), batch.height(), batch.width()));
            addGradients(tensors, new LoraWeights(layout, adapters.gradients()), adapterFile);
            return new Result(loss, tensors);
        }
    }

    private static void addGradients(Map<String, HostTensor> tensors, LoraWeights gradients, SafetensorsFile file) {
        for (int i = 0; i < gradients.layout().modules().size(); i++) {
            LoraModule m = gradients.layout().modules().get(i);
            String down = LoraNames.kohya(m.name()) + ".lora_down.weight";
            String up = LoraNames.kohya(m.name()) + ".lora_up.weight";
            tensors.put("grad." + down, HostTensor.of(gradients.down(i), shape(file, down, m, m.rank(), m.in())));
            tensors.put("grad." + up, HostTensor.of(gradients.up(i), shape(file, up, m, m.out(), m.rank())));
        }
    }

    /** As in the file, where it has the key; a file of another dialect gets what kohya's trainer would write. */
    private static long[] shape(SafetensorsFile file, String key, LoraModule module, long rows, long columns) {
        if (file.contains(key)) {
            return file.info(key).shape();
        }
        return module.kind() == LoraModule.Kind.CONV1X1 ? new long[] {rows, columns, 1, 1} : new long[] {rows, columns};
    }
}
