package org.loraspark.benchmark;

import java.util.List;
import java.util.stream.IntStream;
import org.loraspark.data.ClipTokenizer;
import org.loraspark.lora.LoraInit;
import org.loraspark.lora.LoraLayout;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;
import org.loraspark.train.AdamW;
import org.loraspark.train.DiffusionModel;
import org.loraspark.train.Example;
import org.loraspark.train.Hyperparameters;
import org.loraspark.train.LocalTrainer;
import org.loraspark.train.LrSchedule;
import org.loraspark.train.StepPlan;
import org.loraspark.train.TrainState;

/**
 * Training steps of the trainer that every worker has, on made-up latents of the model's own size: loss, backward,
 * clipping, AdamW. A turn is a step of its loop.
 */
record TrainingWork(DiffusionModel model, LoraLayout layout, ClipTokenizer tokenizer, int batch, boolean checkpointing)
        implements CaseWork {
    private static final int EXAMPLES = 8;

    @Override
    public void run(Engine engine, Turns turns) {
        TrainState start = TrainState.start(LoraInit.weights(layout, 1));
        try (LocalTrainer trainer = new LocalTrainer(
                engine,
                model,
                hyperparameters(),
                layout,
                (example, epoch) -> tokenizer.encode(example.caption()).ids())) {
            turns.await();
            trainer.round(start, 0, examples(), Integer.MAX_VALUE, (step, samples, loss) -> {
                turns.done();
                turns.await();
            });
        }
    }

    private Hyperparameters hyperparameters() {
        return new Hyperparameters(
                1,
                batch,
                1,
                checkpointing,
                1e-4,
                0,
                new LrSchedule(LrSchedule.Kind.CONSTANT, 0, Integer.MAX_VALUE, 1),
                new AdamW(0.9, 0.999, 1e-8, 0.01),
                1,
                0,
                true,
                false,
                new StepPlan(EXAMPLES / batch, Integer.MAX_VALUE, Integer.MAX_VALUE));
    }

    private List<Example> examples() {
        int side = model.unet().config().sampleSize();
        int size = side * side * model.unet().config().inChannels();
        return IntStream.range(0, EXAMPLES)
                .mapToObj(i -> new Example(
                        i + ".png",
                        0,
                        "a picture of a castle on a hill, number " + i,
                        side,
                        side,
                        AddressedRandom.at(1, "benchmark", i, "mean").gaussians(size),
                        new float[size],
                        new float[0],
                        new float[0]))
                .toList();
    }
}
