package org.loraspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.loraspark.golden.Golden;
import org.loraspark.io.SafetensorsFile;
import org.loraspark.lora.LoraConfig;
import org.loraspark.lora.LoraInit;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraWeights;
import org.loraspark.models.sd.BaseModel;
import org.loraspark.models.sd.UNet;
import org.loraspark.nn.Layers;
import org.loraspark.nn.Weights;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.Scope;

/** One worker on the demo model, with three small made-up pictures. */
class LocalTrainerTest {
    private static final CaptionEncoder CAPTIONS = (example, epoch) -> {
        int[] ids = new int[77];
        Arrays.fill(ids, 701);
        ids[0] = 700;
        ids[1] = 300 + example.repeat();
        return ids;
    };

    private static Engine engine;
    private static BaseModel base;
    private static DiffusionModel model;
    private static LoraLayout layout;
    private static TrainState start;

    private final List<Example> shard = examples();

    @BeforeAll
    static void open() {
        engine = Golden.engine();
        base = Golden.base();
        model = DiffusionModel.load(base, engine, 1);
        layout = base.loraLayout(new LoraConfig(2, 3, 0, false), true);
        start = TrainState.start(LoraInit.weights(layout, 3));
    }

    @AfterAll
    static void close() {
        base.close();
        engine.close();
    }

    @Test
    void sameArgumentsGiveTheSameBits() {
        Hyperparameters hp = hyperparameters(1, 1, 0, 1e-3);
        assertSame(round(hp, start, 3), round(hp, start, 3));
    }

    @Test
    void roundInTwoPartsEqualsOneRound() {
        Hyperparameters hp = hyperparameters(1, 1, 0, 1e-3);
        RoundResult whole = round(hp, start, 3);
        RoundResult first = round(hp, start, 1);
        TrainState between = Averaging.merge(start, List.of(first), 1);
        assertSame(round(hp, between, 3), whole);
    }

    @Test
    void accumulatedPicturesCountAsOneBatch() {
        RoundResult together = round(hyperparameters(3, 1, 0, 1e-3), start, 1);
        RoundResult oneByOne = round(hyperparameters(1, 3, 0, 1e-3), start, 1);
        assertThat(oneByOne.samples()).isEqualTo(3);
        assertThat(oneByOne.lossSum()).isCloseTo(together.lossSum(), org.assertj.core.data.Offset.offset(1e-5));
        for (int i = 0; i < layout.size(); i++) {
            assertThat(oneByOne.firstMoment()[i])
                    .isCloseTo(together.firstMoment()[i], org.assertj.core.data.Offset.offset(1e-6f));
        }
    }

    @Test
    void workerThatIsThroughWithItsEpochWaitsForTheNext() {
        // Three pictures in an epoch of five steps: two steps without work.
        Hyperparameters hp = hyperparameters(1, 1, 0, 1e-3, new StepPlan(5, 10, 5));
        assertThat(round(hp, start, 5).samples()).isEqualTo(3);
        assertThat(round(hp, start, 6).samples()).isEqualTo(4);
    }

    @Test
    void textEncoderHasItsOwnLearningRate() {
        Hyperparameters hp = hyperparameters(3, 1, 0, 0);
        RoundResult result = round(hp, start, 1);
        for (int i = 0; i < layout.modules().size(); i++) {
            boolean moved = !Arrays.equals(
                    Arrays.copyOfRange(result.weights(), layout.downOffset(i), layout.end(i)),
                    Arrays.copyOfRange(start.weights().values(), layout.downOffset(i), layout.end(i)));
            assertThat(moved)
                    .as(layout.modules().get(i).name())
                    .isEqualTo(layout.modules().get(i).isUnet());
        }
    }

    @Test
    void dropoutChangesTheStepAndRepeatsItself() {
        // B must not be zero for a dropped channel to matter.
        TrainState warm = Averaging.merge(start, List.of(round(hyperparameters(3, 1, 0, 1e-3), start, 1)), 1);
        RoundResult plain = round(hyperparameters(3, 1, 0, 1e-3), warm, 2);
        RoundResult dropped = round(hyperparameters(3, 1, 0.5, 1e-3), warm, 2);
        assertThat(dropped.weights()).isNotEqualTo(plain.weights());
        assertSame(round(hyperparameters(3, 1, 0.5, 1e-3), warm, 2), dropped);
    }

    @Test
    void checkpointingChangesNoBit() {
        TrainState warm = Averaging.merge(start, List.of(round(hyperparameters(3, 1, 0, 1e-3), start, 1)), 1);
        Hyperparameters hp = hyperparameters(3, 1, 0.5, 1e-3);
        assertSame(round(checkpointed(hp), warm, 2), round(hp, warm, 2));
    }

    @Test
    void validationBetweenRoundsMeasuresWhatOneOfItsOwnDoesAndChangesNoBit() {
        Hyperparameters hp = hyperparameters(3, 1, 0, 1e-3);
        TrainState once = Averaging.merge(start, List.of(round(hp, start, 1)), 1);
        RoundResult undisturbed = round(hp, once, 2);
        try (Scope memory = engine.scope();
                LocalTrainer trainer = new LocalTrainer(engine, model, hp, layout, CAPTIONS)) {
            RoundResult first = trainer.round(start, 0, shard, 1, LocalTrainer.StepListener.NONE);
            LoraWeights trained = new LoraWeights(layout, first.weights());
            var between = trainer.validation(CAPTIONS).losses(trained, shard);
            assertSame(trainer.round(once, 0, shard, 2, LocalTrainer.StepListener.NONE), undisturbed);
            Validation own = new Validation(engine, model, layout, CAPTIONS);
            assertThat(between).isEqualTo(own.losses(trained, shard)).isNotEqualTo(own.losses(start.weights(), shard));
        }
    }

    @Test
    void picturesThatAreValidatedTogetherHaveTheLossesOfEachAlone() {
        try (Scope memory = engine.scope()) {
            Validation validation = new Validation(engine, model, layout, CAPTIONS);
            var together = validation.losses(start.weights(), shard);
            assertThat(together).hasSize(3);
            for (Example e : shard) {
                double alone = Validation.mean(validation.losses(start.weights(), List.of(e)));
                assertThat(together.get(e.name())).isCloseTo(alone, org.assertj.core.data.Offset.offset(1e-6));
            }
            assertThat(Validation.mean(together))
                    .isEqualTo(together.values().stream()
                                    .mapToDouble(Double::doubleValue)
                                    .reduce(0, Double::sum)
                            / 3);
        }
    }

    @Test
    void brokenPictureAmongOthersIsNamedByItsValidation() {
        shard.get(1).mean()[7] = Float.NaN;
        try (Scope memory = engine.scope()) {
            Validation validation = new Validation(engine, model, layout, CAPTIONS);
            assertThatThrownBy(() -> validation.losses(start.weights(), shard))
                    .isInstanceOf(TrainingDivergedException.class)
                    .hasMessage("the validation loss on " + shard.get(1).name()
                            + " is not finite, first in the latent; lower train.learning-rate");
        }
    }

    @Test
    void brokenLatentNamesWorkerStepAndPicture() {
        Example broken = shard.get(1);
        broken.mean()[7] = Float.NaN;
        assertThatThrownBy(() -> round(hyperparameters(3, 1, 0, 1e-3), start, 1))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("worker 0")
                .hasMessageContaining("step 1")
                .hasMessageContaining("1.png")
                .hasMessageContaining("its latent");
    }

    @Test
    void brokenAdapterNamesItsModule() {
        int module = layout.indexOf("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_k");
        float[] values = start.weights().values().clone();
        values[layout.upOffset(module) + 3] = Float.NaN;
        TrainState broken = TrainState.start(new LoraWeights(layout, values));
        assertThatThrownBy(() -> round(hyperparameters(1, 1, 0, 1e-3), broken, 1))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("worker 0 at step 1 on ")
                .hasMessageContaining(".png")
                .hasMessageContaining(layout.modules().get(module).name() + ";");
    }

    @Test
    void brokenFrozenWeightNamesItsLayer() {
        DiffusionModel broken = poisoned("up_blocks.1.resnets.0.conv2.bias", Float.POSITIVE_INFINITY);
        assertThatThrownBy(() -> round(broken, hyperparameters(1, 1, 0, 1e-3), start, 1))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("unet.up_blocks.1.resnets.0.conv2;");
    }

    @Test
    void gradientThatOverflowsNamesPictureAndModule() {
        // The loss, in double, is finite; its gradient meets the weight a second time.
        DiffusionModel broken = poisoned("conv_out.weight", 1e25f);
        assertThatThrownBy(() -> round(broken, hyperparameters(3, 1, 0, 1e-3), start, 1))
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageStartingWith("the gradient of worker 0 at step 1 on ")
                .hasMessageContaining(".png")
                .hasMessageContaining("first in unet.up_blocks.");
    }

    /** The model with one value of the UNet replaced. */
    private static DiffusionModel poisoned(String weight, float value) {
        try (SafetensorsFile file =
                SafetensorsFile.open(Golden.demo("base/unet/diffusion_pytorch_model.safetensors"))) {
            Weights weights = (name, shape) -> {
                float[] values = file.tensor(name).toFloats();
                if (name.equals(weight)) {
                    values[2] = value;
                }
                return HostTensor.of(values, shape);
            };
            UNet unet = new UNet(new Layers(engine, weights, UNet.NAME), base.unetConfig());
            return new DiffusionModel(unet, model.textEncoder(), model.schedule(), 1, model.latentScale());
        }
    }

    private RoundResult round(Hyperparameters hp, TrainState from, long toStep) {
        return round(model, hp, from, toStep);
    }

    private RoundResult round(DiffusionModel trained, Hyperparameters hp, TrainState from, long toStep) {
        try (LocalTrainer trainer = new LocalTrainer(engine, trained, hp, layout, CAPTIONS)) {
            return trainer.round(from, 0, shard, toStep, LocalTrainer.StepListener.NONE);
        }
    }

    private static void assertSame(RoundResult actual, RoundResult expected) {
        assertThat(actual.weights()).containsExactly(expected.weights());
        assertThat(actual.firstMoment()).containsExactly(expected.firstMoment());
        assertThat(actual.secondMoment()).containsExactly(expected.secondMoment());
    }

    private static Hyperparameters hyperparameters(int batch, int accumulation, double dropout, double textRate) {
        long steps = StepPlan.steps(3, batch, accumulation);
        return hyperparameters(batch, accumulation, dropout, textRate, new StepPlan(steps, 100, steps));
    }

    private static Hyperparameters hyperparameters(
            int batch, int accumulation, double dropout, double textRate, StepPlan plan) {
        return new Hyperparameters(
                11,
                batch,
                accumulation,
                false,
                1e-3,
                textRate,
                new LrSchedule(LrSchedule.Kind.CONSTANT, 0, 100, 1),
                new AdamW(0.9, 0.999, 1e-8, 0.01),
                1.0,
                dropout,
                true,
                false,
                plan);
    }

    private static Hyperparameters checkpointed(Hyperparameters hp) {
        return new Hyperparameters(
                hp.seed(),
                hp.batchSize(),
                hp.accumulation(),
                true,
                hp.learningRate(),
                hp.textEncoderLearningRate(),
                hp.schedule(),
                hp.optimizer(),
                hp.maxGradNorm(),
                hp.dropout(),
                hp.sampleLatents(),
                hp.flip(),
                hp.plan());
    }

    private static List<Example> examples() {
        return IntStream.range(0, 3)
                .mapToObj(i -> {
                    float[] mean = AddressedRandom.at(1, "example", i, "mean").gaussians(8 * 8 * 4);
                    float[] logVariance = new float[mean.length];
                    Arrays.fill(logVariance, -4);
                    return new Example(i + ".png", 0, "", 8, 8, mean, logVariance, new float[0], new float[0]);
                })
                .toList();
    }
}
