package org.loraspark.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.loraspark.golden.Golden;
import org.loraspark.grad.Tape;
import org.loraspark.grad.Var;
import org.loraspark.lora.LoraModule.Kind;
import org.loraspark.nn.Adapters;
import org.loraspark.nn.Linear;
import org.loraspark.nn.Pass;
import org.loraspark.nn.Trace;
import org.loraspark.tensor.AddressedRandom;
import org.loraspark.tensor.DType;
import org.loraspark.tensor.Engine;
import org.loraspark.tensor.HostTensor;
import org.loraspark.tensor.LinearWeight;
import org.loraspark.tensor.Scope;
import org.loraspark.tensor.meta.MetaEngine;

/** An adapter beside a layer against the same adapter merged into the layer's weight; rank 4 with alpha 3. */
class LoraAdaptersTest {
    private static final LoraLayout LAYOUT = new LoraLayout(List.of(new LoraModule("unet.a", Kind.LINEAR, 6, 5, 4, 3)));
    private static final LoraWeights ADAPTER = new LoraWeights(LAYOUT, random("adapter", LAYOUT.size()));
    private static final float[] BASE = random("base", 5 * 6);

    @Test
    void adaptedLayerEqualsMergedLayer() {
        assertClose(adapted("unet.a", 1), plain(Merging.intoBase(BASE, ADAPTER, 0, 1)));
    }

    @Test
    void strengthScalesTheUpdate() {
        assertClose(adapted("unet.a", 0.5), plain(Merging.intoBase(BASE, ADAPTER, 0, 0.5)));
        assertThat(adapted("unet.a", 0)).containsExactly(plain(BASE));
    }

    @Test
    void otherLayersStayAsTheyAre() {
        assertThat(adapted("unet.b", 1)).containsExactly(plain(BASE));
    }

    @Test
    void engineOfHalfPrecisionKeepsValuesAndGradientsInFloat32() {
        try (MetaEngine half = new MetaEngine(DType.BF16);
                Tape tape = Tape.recording(half)) {
            LoraAdapters adapters = new LoraAdapters(half, LAYOUT);
            adapters.load(ADAPTER.values());
            assertThat(half.peakBytes()).isEqualTo((4 + 4 + 2) * LAYOUT.size());
            LinearWeight weight = half.linearWeight(MetaEngine.placeholder(5, 6));
            Var y = new Linear("unet.a", weight)
                    .forward(
                            new Pass(tape, adapters.on(tape, RankDropout.NONE), Trace.NONE),
                            tape.constant(half.empty(7, 6)));
            // The engine refuses products whose types it has no kernel for.
            tape.backward(y, half.empty(7, 5));
        }
    }

    private static float[] adapted(String layer, double strength) {
        return forward(layer, BASE, strength);
    }

    private static float[] plain(float[] weight) {
        return forward("", weight, 0);
    }

    private static float[] forward(String layer, float[] weight, double strength) {
        try (Engine engine = Golden.engine();
                Scope scope = engine.scope();
                Tape tape = Tape.inference(engine)) {
            assertThat(scope).isNotNull();
            Adapters adapters = layer.isEmpty()
                    ? Adapters.NONE
                    : new LoraAdapters(engine, ADAPTER, strength, 1).on(tape, RankDropout.NONE);
            Linear linear = new Linear(layer, engine.linearWeight(HostTensor.of(weight.clone(), 5, 6)));
            return engine.read(linear.forward(
                            new Pass(tape, adapters, Trace.NONE),
                            tape.constant(engine.upload(random("input", 7 * 6), 7, 6)))
                    .value());
        }
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected).isNotEqualTo(plain(BASE));
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("value %d", i).isCloseTo(expected[i], within(1e-5f));
        }
    }

    private static float[] random(String what, int count) {
        return AddressedRandom.at(1, what, 0, "adapters").gaussians(count);
    }
}
