package org.loraspark.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.lora.LoraAdapters;
import org.loraspark.lora.RankDropout;
import org.loraspark.nn.Pass;
import org.loraspark.nn.Trace;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.Tensor;

/**
 * The noise-prediction loss of latent diffusion (Rombach et al. 2022, equation 2) and its gradient: x_t = √ᾱ_t x₀ +
 * √(1-ᾱ_t) ε, loss = mean of (UNet(x_t, t, text) - ε)² over all elements of a picture, mean over pictures.
 */
public final class DiffusionStep {
    /** Text states of this many distinct captions are kept while the text encoder is frozen (0.2 MB each for SD1.x). */
    private static final int CACHED_CAPTIONS = 256;

    /** The name of the UNet's input among those of its layers. */
    static final String LATENT = "latent";

    private final Engine engine;
    private final DiffusionModel model;
    private final LoraAdapters adapters;
    private final boolean checkpointing;
    private final boolean textEncoderTrained;
    private final Map<List<Integer>, float[]> textStates = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Integer>, float[]> eldest) {
            return size() > CACHED_CAPTIONS;
        }
    };

    /**
     * @param adapters of the same engine; its gradients are what {@link #forwardBackward} adds to
     * @param checkpointing keep a block's result alone and compute the rest again on the way back, to the same bits
     */
    public DiffusionStep(Engine engine, DiffusionModel model, LoraAdapters adapters, boolean checkpointing) {
        this.engine = engine;
        this.model = model;
        this.adapters = adapters;
        this.checkpointing = checkpointing;
        this.textEncoderTrained = adapters.layout().modules().stream().anyMatch(m -> !m.isUnet());
    }

    /**
     * @param losses of each picture
     * @param prediction the model's ε {@code [n, height, width, 4]}
     */
    public record Result(double[] losses, float[] prediction) {}

    /**
     * Adds the gradient of {@code scale ·} (sum of the pictures' losses) to the adapter's.
     *
     * @param scale 1 / pictures of the whole optimizer step makes the sum a mean
     */
    public Result forwardBackward(DiffusionBatch batch, double scale, RankDropout dropout) {
        try (Tape tape = checkpointing ? Tape.checkpointing(engine) : Tape.recording(engine)) {
            Var output = predict(tape, batch, dropout);
            float[] prediction = engine.read(output.value());
            float[] gradient = new float[prediction.length];
            double[] losses = losses(batch, prediction, gradient, scale);
            if (allFinite(losses)) {
                tape.backward(output, engine.upload(gradient, output.shape()));
            }
            return new Result(losses, prediction);
        }
    }

    /** The losses without gradients. */
    public Result forward(DiffusionBatch batch) {
        try (Tape tape = Tape.inference(engine)) {
            Pass pass = new Pass(tape, adapters.on(tape, RankDropout.NONE), Trace.NONE);
            Tensor text = textEncoderTrained ? trainedText(pass, batch.tokenIds()) : frozenText(batch.tokenIds());
            Var output = predict(pass, batch, noisy(tape, batch), tape.constant(text));
            float[] prediction = engine.read(output.value());
            return new Result(losses(batch, prediction, new float[prediction.length], 0), prediction);
        }
    }

    /**
     * Runs a micro-batch forward once more to find where its loss stops being finite: in the noisy {@code latent}, or in
     * the output of the layer whose name is returned; empty when every layer's is finite.
     */
    String firstNotFinite(DiffusionBatch batch, RankDropout dropout) {
        try (Tape tape = Tape.inference(engine)) {
            FirstNotFinite trace = new FirstNotFinite(engine);
            Pass pass = new Pass(tape, adapters.on(tape, dropout), trace);
            Var latent = noisy(tape, batch);
            trace.see(LATENT, latent.value());
            Var text = model.textEncoder().forward(pass, batch.tokenIds(), model.clipSkip());
            predict(pass, batch, latent, text);
            return trace.name();
        }
    }

    static boolean allFinite(double[] values) {
        return Arrays.stream(values).allMatch(Double::isFinite);
    }

    private Var predict(Tape tape, DiffusionBatch batch, RankDropout dropout) {
        Pass pass = new Pass(tape, adapters.on(tape, dropout), Trace.NONE);
        Var text = textEncoderTrained
                ? model.textEncoder().forward(pass, batch.tokenIds(), model.clipSkip())
                : tape.constant(frozenText(batch.tokenIds()));
        return predict(pass, batch, noisy(tape, batch), text);
    }

    private Var predict(Pass pass, DiffusionBatch batch, Var noisy, Var text) {
        double[] timesteps = Arrays.stream(batch.timesteps()).asDoubleStream().toArray();
        return model.unet().forward(pass, noisy, timesteps, text);
    }

    private Var noisy(Tape tape, DiffusionBatch batch) {
        return tape.constant(engine.upload(noisy(batch), batch.size(), batch.height(), batch.width(), channels(batch)));
    }

    private float[] noisy(DiffusionBatch batch) {
        float[] noisy = new float[batch.latents().length];
        int n = noisy.length / batch.size();
        for (int b = 0; b < batch.size(); b++) {
            double alphaBar = model.schedule().alphaBar(batch.timesteps()[b]);
            float signal = (float) Math.sqrt(alphaBar);
            float sigma = (float) Math.sqrt(1 - alphaBar);
            for (int i = b * n; i < (b + 1) * n; i++) {
                noisy[i] = signal * batch.latents()[i] + sigma * batch.noise()[i];
            }
        }
        return noisy;
    }

    private static int channels(DiffusionBatch batch) {
        return batch.latents().length / (batch.size() * batch.height() * batch.width());
    }

    /** Fills {@code gradient} with scale · d(sum of losses)/d(prediction) and gives each picture's loss. */
    private static double[] losses(DiffusionBatch batch, float[] prediction, float[] gradient, double scale) {
        int n = prediction.length / batch.size();
        double[] losses = new double[batch.size()];
        for (int b = 0; b < losses.length; b++) {
            double sum = 0;
            for (int i = b * n; i < (b + 1) * n; i++) {
                double d = (double) prediction[i] - batch.noise()[i];
                sum += d * d;
                gradient[i] = (float) (scale * 2 * d / n);
            }
            losses[b] = sum / n;
        }
        return losses;
    }

    /** {@code [n, 77, dim]} of a frozen text encoder, each distinct caption encoded once. */
    private Tensor frozenText(int[][] tokenIds) {
        List<float[]> states = new ArrayList<>();
        for (int[] ids : tokenIds) {
            states.add(textStates.computeIfAbsent(key(ids), key -> encode(ids)));
        }
        return upload(states, tokenIds[0].length);
    }

    /** The same of a text encoder with its adapters of the moment, for the way forward alone. */
    private Tensor trainedText(Pass pass, int[][] tokenIds) {
        Map<List<Integer>, Integer> places = new LinkedHashMap<>();
        List<int[]> distinct = new ArrayList<>();
        for (int[] ids : tokenIds) {
            if (places.putIfAbsent(key(ids), distinct.size()) == null) {
                distinct.add(ids);
            }
        }
        float[] all = engine.read(model.textEncoder()
                .forward(pass, distinct.toArray(int[][]::new), model.clipSkip())
                .value());
        int size = all.length / distinct.size();
        List<float[]> states = new ArrayList<>();
        for (int[] ids : tokenIds) {
            int place = places.get(key(ids));
            states.add(Arrays.copyOfRange(all, place * size, (place + 1) * size));
        }
        return upload(states, tokenIds[0].length);
    }

    private static List<Integer> key(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }

    private Tensor upload(List<float[]> states, int tokens) {
        int size = states.get(0).length;
        float[] all = new float[states.size() * size];
        for (int i = 0; i < states.size(); i++) {
            System.arraycopy(states.get(i), 0, all, i * size, size);
        }
        return engine.upload(all, states.size(), tokens, size / tokens);
    }

    private float[] encode(int[] ids) {
        try (Tape tape = Tape.inference(engine)) {
            return engine.read(model.textEncoder()
                    .forward(Pass.plain(tape), new int[][] {ids}, model.clipSkip())
                    .value());
        }
    }
}
