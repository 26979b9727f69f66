package org.loraspark.train;

import java.util.ArrayList;
import java.util.List;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.LoraLayout;
import org.loraspark.lora.LoraModule;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Scope;

/**
 * One worker: trains an adapter on one shard for one round. What comes out is a pure function of the state, the shard, the
 * rank and the hyperparameters; the trainer itself only keeps buffers and text states.
 */
public final class LocalTrainer implements AutoCloseable {
    /** Told after every optimizer step. */
    @FunctionalInterface
    public interface StepListener {
        StepListener NONE = (step, samples, lossSum) -> {};

        void stepDone(long step, int samples, double lossSum);
    }

    private final Hyperparameters hp;
    private final LoraLayout layout;
    private final Scope scope;
    private final LoraAdapters adapters;
    private final DiffusionStep step;
    private final BatchMaker batches;
    private final double latentScale;

    /** @param engine used by this trainer alone until it is closed */
    public LocalTrainer(
            Engine engine, DiffusionModel model, Hyperparameters hp, LoraLayout layout, CaptionEncoder captions) {
        this.hp = hp;
        this.layout = layout;
        this.scope = engine.scope();
        this.adapters = new LoraAdapters(engine, layout);
        this.step = new DiffusionStep(engine, model, adapters, hp.gradientCheckpointing());
        this.latentScale = model.latentScale();
        this.batches =
                new BatchMaker(hp, captions, latentScale, model.schedule().timesteps());
    }

    /**
     * Trains from {@code state.step()} to {@code toStep}.
     *
     * @param shard all of the worker's examples, in a fixed order
     * @throws TrainingDivergedException when a loss or a gradient is not finite
     */
    public RoundResult round(TrainState state, int rank, List<Example> shard, long toStep, StepListener listener) {
        if (shard.isEmpty()) {
            throw new IllegalArgumentException("worker " + rank + " has no examples");
        }
        try (PeakMemory memory = PeakMemory.watch()) {
            return round(state, rank, shard, toStep, listener, memory);
        }
    }

    private RoundResult round(
            TrainState state, int rank, List<Example> shard, long toStep, StepListener listener, PeakMemory memory) {
        long start = System.nanoTime();
        float[] theta = state.weights().values().clone();
        float[] m = state.firstMoment().clone();
        float[] v = state.secondMoment().clone();
        long samples = 0;
        double lossSum = 0;
        double normSum = 0;
        long steps = 0;
        int perStep = hp.batchSize() * hp.accumulation();
        long shardSteps = StepPlan.steps(shard.size(), hp.batchSize(), hp.accumulation());
        for (long s = state.step(); s < toStep; s++) {
            int epoch = hp.plan().epochOf(s);
            long inEpoch = s % hp.plan().stepsPerEpoch();
            if (inEpoch >= shardSteps) {
                continue;
            }
            List<Example> chosen = examples(shard, rank, epoch, (int) inEpoch * perStep, perStep);
            adapters.load(theta);
            double stepLoss = accumulate(chosen, rank, epoch, s);
            float[] gradient = adapters.gradients();
            double norm = GradientClipping.clip(gradient, hp.maxGradNorm());
            if (!Double.isFinite(norm)) {
                throw gradientDiverged(chosen, rank, epoch, s);
            }
            update(theta, gradient, m, v, s);
            samples += chosen.size();
            lossSum += stepLoss;
            normSum += norm;
            steps++;
            listener.stepDone(s + 1, chosen.size(), stepLoss);
        }
        return new RoundResult(
                rank,
                theta,
                m,
                v,
                samples,
                lossSum,
                steps == 0 ? 0 : normSum / steps,
                (System.nanoTime() - start) / 1e9,
                memory.bytes());
    }

    /** Measures adapters on held-out pictures between rounds, with this trainer's memory. It lives as long as the trainer. */
    public Validation validation(CaptionEncoder captions) {
        return new Validation(adapters, step, captions, latentScale);
    }

    /** The examples of one optimizer step; the order of a shard changes every epoch. */
    private List<Example> examples(List<Example> shard, int rank, int epoch, int from, int count) {
        int[] order =
                AddressedRandom.at(hp.seed(), "shard-" + rank, epoch, "order").permutation(shard.size());
        List<Example> chosen = new ArrayList<>();
        for (int i = from; i < Math.min(shard.size(), from + count); i++) {
            chosen.add(shard.get(order[i]));
        }
        return chosen;
    }

    /** Gradient of the step's mean loss, micro-batch by micro-batch; the sum of the losses. */
    private double accumulate(List<Example> chosen, int rank, int epoch, long s) {
        adapters.clearGradients();
        double lossSum = 0;
        for (int from = 0; from < chosen.size(); from += hp.batchSize()) {
            List<Example> micro = chosen.subList(from, Math.min(chosen.size(), from + hp.batchSize()));
            double[] losses = forwardBackward(micro, chosen.size(), epoch);
            for (int i = 0; i < losses.length; i++) {
                if (!Double.isFinite(losses[i])) {
                    throw lossDiverged(micro, micro.get(i).name(), rank, epoch, s);
                }
                lossSum += losses[i];
            }
        }
        return lossSum;
    }

    private double[] forwardBackward(List<Example> micro, int pictures, int epoch) {
        return step.forwardBackward(batches.make(micro, epoch), 1.0 / pictures, dropout(micro, epoch))
                .losses();
    }

    private AddressedRankDropout dropout(List<Example> micro, int epoch) {
        return new AddressedRankDropout(hp, micro, epoch);
    }

    /** Runs the micro-batch again to tell where it goes wrong. */
    private TrainingDivergedException lossDiverged(List<Example> micro, String picture, int rank, int epoch, long s) {
        String place = step.firstNotFinite(batches.make(micro, epoch), dropout(micro, epoch));
        String loss = "the loss of worker " + rank + " at step " + (s + 1) + " on " + picture + " is not finite";
        if (place.equals(DiffusionStep.LATENT)) {
            return new TrainingDivergedException(
                    loss + " because its latent is not; empty work.dir to encode the pictures again");
        }
        return new TrainingDivergedException(loss + (place.isEmpty() ? "" : ", first in the output of " + place)
                + "; lower train.learning-rate, or take another base model if it happens at the first step");
    }

    /** Runs the step's pictures again, one by one, to tell which it is and where the way back goes wrong. */
    private TrainingDivergedException gradientDiverged(List<Example> chosen, int rank, int epoch, long s) {
        String where = " of worker " + rank + " at step " + (s + 1);
        for (Example e : chosen) {
            adapters.clearGradients();
            forwardBackward(List.of(e), chosen.size(), epoch);
            String module = firstNotFinite(adapters.gradients());
            if (!module.isEmpty()) {
                return new TrainingDivergedException("the gradient" + where + " on " + e.name()
                        + " is not finite, first in " + module + "; lower train.learning-rate");
            }
        }
        return new TrainingDivergedException("the gradient" + where + " over "
                + String.join(", ", chosen.stream().map(Example::name).toList())
                + " is not finite; lower train.learning-rate");
    }

    /** The first module on the way back, from the UNet's end to the text encoder's beginning; empty when all are finite. */
    private String firstNotFinite(float[] gradient) {
        String textModule = "";
        for (int i = gradient.length - 1; i >= 0; i--) {
            if (!Float.isFinite(gradient[i])) {
                LoraModule module = layout.moduleOf(i);
                if (module.isUnet()) {
                    return module.name();
                }
                textModule = textModule.isEmpty() ? module.name() : textModule;
            }
        }
        return textModule;
    }

    private void update(float[] theta, float[] gradient, float[] m, float[] v, long s) {
        double factor = hp.schedule().factor(s);
        for (int i = 0; i < layout.modules().size(); i++) {
            LoraModule module = layout.modules().get(i);
            double lr = factor * (module.isUnet() ? hp.learningRate() : hp.textEncoderLearningRate());
            hp.optimizer().step(theta, gradient, m, v, s + 1, lr, layout.downOffset(i), layout.end(i));
        }
    }

    @Override
    public void close() {
        scope.close();
    }
}
