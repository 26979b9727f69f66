package org.loraspark.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.loraspark.golden.Golden;
import org.loraspark.golden.GoldenEngine;
import org.loraspark.grad.Arithmetic;
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
import org.loraspark.tensor.Tensor;
import org.loraspark.tensor.meta.MetaEngine;

/** An adapter beside a layer against the same adapter merged into the layer's weight; rank 4 with alpha 3. */
class LoraAdaptersTest {
    private static final LoraLayout LAYOUT = new LoraLayout(List.of(new LoraModule("unet.a", Kind.LINEAR, 6, 5, 4, 3)));
    private static final LoraWeights ADAPTER = new LoraWeights(LAYOUT, random("adapter", LAYOUT.size()));
    private static final float[] BASE = random("base", 5 * 6);

    @ParameterizedTest
    @MethodSource("org.loraspark.golden.Golden#engines")
    void adaptedLayerEqualsMergedLayer(GoldenEngine engine) {
        assertClose(forward(engine, "unet.a", BASE, 1), plain(Merging.intoBase(BASE, ADAPTER, 0, 1)));
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

    @ParameterizedTest
    @ValueSource(strings = {"q4,k4,v4", "q4,k2,v3", "k1", "q3,v2", "v4,k3,q2", "x2,q1,k5,y2,v3", "k2,v2,q2", "none4"})
    void layersOfOneInputGiveTogetherWhatTheyGiveAlone(String modules) {
        for (RankDropout dropout : List.of(RankDropout.NONE, new EveryThirdDropped())) {
            Golden.engines().forEach(engine -> assertSame(engine, modules, dropout, 1e-5f));
            // Rounded to 8 bits a few times.
            Golden.halfEngines().forEach(engine -> assertSame(engine, modules, dropout, 0.03f));
        }
    }

    private static void assertSame(GoldenEngine engine, String modules, RankDropout dropout, float tolerance) {
        List<float[]> together = step(engine, modules, dropout, true);
        List<float[]> alone = step(engine, modules, dropout, false);
        for (int i = 0; i < together.size(); i++) {
            assertThat(together.get(i)).as("result %d", i).hasSameSizeAs(alone.get(i));
            for (int k = 0; k < alone.get(i).length; k++) {
                assertThat(together.get(i)[k])
                        .as("result %d, value %d", i, k)
                        .isCloseTo(alone.get(i)[k], within(tolerance * (1 + Math.abs(alone.get(i)[k]))));
            }
        }
    }

    private record EveryThirdDropped() implements RankDropout {
        @Override
        public boolean active() {
            return true;
        }

        @Override
        public float[] mask(int module, long rows, int rank) {
            float[] mask = new float[(int) rows * rank];
            for (int i = 0; i < mask.length; i++) {
                mask[i] = (i + module) % 3 == 0 ? 0 : 1.5f;
            }
            return mask;
        }
    }

    /** The three outputs, the adapter's gradient and the input's; a module is a layer's name and its rank. */
    private static List<float[]> step(GoldenEngine kind, String modules, RankDropout dropout, boolean together) {
        LoraLayout layout = new LoraLayout(Stream.of(modules.split(","))
                .map(m -> {
                    String name = m.substring(0, m.length() - 1);
                    int rank = m.charAt(m.length() - 1) - '0';
                    return new LoraModule("unet." + name, Kind.LINEAR, 6, name.equals("k") ? 7 : 5, rank, 3);
                })
                .toList());
        List<float[]> results = new ArrayList<>();
        try (Engine engine = kind.open();
                Scope scope = engine.scope();
                Tape tape = Tape.recording(engine)) {
            LoraAdapters adapters =
                    new LoraAdapters(engine, new LoraWeights(layout, random("adapter", layout.size())), 0.5, 1);
            Pass pass = new Pass(tape, adapters.on(tape, dropout), Trace.NONE);
            Linear q = linear(engine, "q", 5);
            Linear k = linear(engine, "k", 7);
            Linear v = linear(engine, "v", 5);
            Tensor dx = engine.zeros(2, 4, 6);
            Var x = tape.parameter(engine.upload(random("input", 2 * 4 * 6), 2, 4, 6), dx);
            List<Var> ys = together
                    ? Linear.forward(pass, x, q, k, v)
                    : List.of(q.forward(pass, x), k.forward(pass, x), v.forward(pass, x));
            Var joined = Arithmetic.concat(Arithmetic.concat(ys.get(0), ys.get(1)), ys.get(2));
            ys.forEach(y -> results.add(engine.read(y.value())));
            tape.backward(joined, engine.upload(random("gradient", 2 * 4 * 17), 2, 4, 17));
            results.add(adapters.gradients());
            results.add(engine.read(dx));
            assertThat(scope).isNotNull();
        }
        return results;
    }

    private static Linear linear(Engine engine, String name, int out) {
        return new Linear("unet." + name, engine.linearWeight(HostTensor.of(random(name, out * 6), out, 6)));
    }

    private static float[] adapted(String layer, double strength) {
        return forward(Golden.engines().get(0), layer, BASE, strength);
    }

    private static float[] plain(float[] weight) {
        return forward(Golden.engines().get(0), "", weight, 0);
    }

    private static float[] forward(GoldenEngine kind, String layer, float[] weight, double strength) {
        try (Engine engine = kind.open();
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
