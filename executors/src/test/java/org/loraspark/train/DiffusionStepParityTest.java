package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.loraspark.golden.Golden;
import org.loraspark.io.LoraFiles;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.lora.LoraWeights;
import org.loraspark.lora.RankDropout;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.Shapes;

/** Loss, gradients and a short training run against diffusers and PEFT. */
class DiffusionStepParityTest {
    @Test
    void unetWithoutAdapterMatchesDiffusers() {
        try (Fixture f = new Fixture();
                SafetensorsFile batchFile = Golden.open("unet/batch");
                SafetensorsFile expected = Golden.open("unet/expected")) {
            DiffusionStep.Result result = f.step.forward(batch(batchFile, ""));
            assertPrediction(result, expected.tensor("model_pred"));
            double loss = expected.tensor("loss").toFloats()[0];
            assertThat(mean(result.losses())).isCloseTo(loss, within(1e-5 * loss));
        }
    }

    @Test
    void lossAndEveryGradientMatchPeft() {
        try (Fixture f = new Fixture();
                SafetensorsFile batchFile = Golden.open("replay/batch");
                SafetensorsFile expected = Golden.open("replay/expected")) {
            f.adapters.load(f.weights.values());
            DiffusionBatch batch = batch(batchFile, "");
            DiffusionStep.Result result = f.step.forwardBackward(batch, 1.0 / batch.size(), RankDropout.NONE);
            assertPrediction(result, expected.tensor("model_pred"));
            double loss = expected.tensor("loss").toFloats()[0];
            assertThat(mean(result.losses())).isCloseTo(loss, within(1e-5 * loss));

            LoraLayout layout = f.weights.layout();
            LoraWeights gradients = new LoraWeights(layout, f.adapters.gradients());
            assertThat(layout.modules()).hasSize(192 + 18);
            for (int i = 0; i < layout.modules().size(); i++) {
                String key = "grad." + kohyaName(layout.modules().get(i));
                Golden.assertClose(key, gradients.down(i), expected.tensor(key + ".lora_down.weight"), 1e-3);
                Golden.assertClose(key, gradients.up(i), expected.tensor(key + ".lora_up.weight"), 1e-3);
            }
        }
    }

    @Test
    void fiveOptimizerStepsMatchTorch() {
        try (Fixture f = new Fixture();
                SafetensorsFile batches = Golden.open("trajectory/batches");
                SafetensorsFile expected = Golden.open("trajectory/expected")) {
            AdamW optimizer = new AdamW(0.9, 0.999, 1e-8, 0.01);
            int n = f.weights.layout().size();
            float[] theta = f.weights.values().clone();
            float[] m = new float[n];
            float[] v = new float[n];
            float[] losses = expected.tensor("losses").toFloats();
            float[] norms = expected.tensor("norms").toFloats();
            for (int i = 0; i < losses.length; i++) {
                f.adapters.load(theta);
                f.adapters.clearGradients();
                DiffusionBatch batch = batch(batches, i + ".");
                DiffusionStep.Result result = f.step.forwardBackward(batch, 1.0 / batch.size(), RankDropout.NONE);
                float[] gradient = f.adapters.gradients();
                double norm = GradientClipping.clip(gradient, 1.0);
                optimizer.step(theta, gradient, m, v, i + 1, 1e-3, 0, n);
                assertThat(mean(result.losses())).as("loss %d", i).isCloseTo(losses[i], within(1e-4 * losses[i]));
                assertThat(norm).as("norm %d", i).isCloseTo(norms[i], within(1e-3 * norms[i]));
            }
            LoraWeights trained = new LoraWeights(f.weights.layout(), theta);
            for (int i = 0; i < trained.layout().modules().size(); i++) {
                String key = kohyaName(trained.layout().modules().get(i));
                Golden.assertClose(key, trained.down(i), expected.tensor(key + ".lora_down.weight"), 1e-3);
                Golden.assertClose(key, trained.up(i), expected.tensor(key + ".lora_up.weight"), 1e-3);
            }
        }
    }

    private static String kohyaName(LoraModule module) {
        return module.name()
                .replaceFirst("^unet\\.", "lora_unet_")
                .replaceFirst("^text_encoder\\.", "lora_te_")
                .replace('.', '_');
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static void assertPrediction(DiffusionStep.Result result, HostTensor expected) {
        Golden.assertClose("model_pred", Golden.channelsFirst(result.prediction(), expected.shape()), expected, 1e-4);
    }

    private static DiffusionBatch batch(SafetensorsFile file, String prefix) {
        HostTensor latents = file.tensor(prefix + "latents");
        assertThat(Shapes.toString(latents.shape())).isEqualTo("[2,4,16,12]");
        return new DiffusionBatch(
                16,
                12,
                Golden.channelsLast(latents),
                Golden.channelsLast(file.tensor(prefix + "noise")),
                IntStream.range(0, 2)
                        .map(i -> (int) file.tensor(prefix + "timesteps").toLongs()[i])
                        .toArray(),
                Golden.tokenIds(file.tensor(prefix + "input_ids")));
    }

    private static final class Fixture implements AutoCloseable {
        private final Engine engine = Golden.engine();
        private final BaseModel base = Golden.base();
        private final Scope scope = engine.scope();
        private final LoraWeights weights = LoraFiles.read(
                        new org.apache.hadoop.fs.Path(
                                Golden.path("lora.safetensors").toUri()),
                        new Configuration())
                .weights();
        private final LoraAdapters adapters = new LoraAdapters(engine, weights.layout());
        private final DiffusionStep step =
                new DiffusionStep(engine, DiffusionModel.load(base, engine, 1), adapters, false);

        @Override
        public void close() {
            scope.close();
            base.close();
            engine.close();
        }
    }
}
